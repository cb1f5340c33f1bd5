package jetstream

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

type data = map[string]string

func request(metadata, auth data) sources.Request {
	t := &v1alpha1.Trigger{Type: "nats-jetstream", Metadata: metadata}
	if auth != nil {
		t.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "nats-auth", Kind: "Secret"}
	}
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: t}, Auth: auth}
}

// on asks for the consumer of a stream that has the same name.
func on(endpoint, name string) data {
	return data{"natsServerMonitoringEndpoint": endpoint, "account": "$G", "stream": name, "consumer": name}
}

func mustQuery(t testing.TB, r sources.Request) sources.Query {
	t.Helper()
	q, err := Source{}.Query(r)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// readOnce reads with a new reader.
func readOnce(t testing.TB, queries ...sources.Query) ([]sources.Reading, error) {
	t.Helper()
	r := queries[0].Open()
	t.Cleanup(func() { _ = r.Close() })
	return readWith(t, r, queries...)
}

func readWith(t testing.TB, r sources.Reader, queries ...sources.Query) ([]sources.Reading, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return r.Read(ctx, queries)
}

func TestConformance(t *testing.T) {
	server := brokers.StartNATS(t, brokers.NATSOptions{})
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		return conformance.Backend{
			Source: Source{}, Address: server.Monitor,
			Request: func(address, name string) sources.Request { return request(on(address, name), nil) },
			Put:     func(t *testing.T, name string, n int64) { server.Fill(t, name, int(n)) },
		}
	})
}

// What was given to the consumer and not acknowledged is work as well.
func TestGivenAndNotAcknowledgedCounts(t *testing.T) {
	server := brokers.StartNATS(t, brokers.NATSOptions{})
	server.Fill(t, "work", 10)
	c, err := server.JetStream.Consumer(t.Context(), "work", "work")
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(4)
	if err != nil {
		t.Fatal(err)
	}
	q := mustQuery(t, request(on(server.Monitor, "work"), nil))
	var first jetstream.Msg
	for m := range batch.Messages() {
		first = m
	}
	wantUnits(t, q, 10)
	if err := first.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantUnits(t, q, 9)
}

func wantUnits(t *testing.T, q sources.Query, units int64) {
	t.Helper()
	readings, err := readOnce(t, q)
	if err != nil || readings[0].Err != nil || readings[0].Value != units*1000 {
		t.Fatalf("got %+v, %v; want %d in milli-units", readings, err, units)
	}
}

func TestMessages(t *testing.T) {
	server := brokers.StartNATS(t, brokers.NATSOptions{})
	server.Fill(t, "work", 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") }))
	t.Cleanup(web.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(gone.Close)
	plain := brokers.FreeAddress(t)
	host := func(s *httptest.Server) string { return strings.TrimPrefix(s.URL, "http://") }
	with := func(more data) sources.Request {
		m := on(server.Monitor, "work")
		maps.Copy(m, more)
		return request(m, nil)
	}
	for name, test := range map[string]struct {
		request sources.Request
		want    string
	}{
		"no stream":               {with(data{"stream": "w"}), `account "$G" has no stream "w"`},
		"no consumer":             {with(data{"consumer": "w"}), `stream "work" of account "$G" has no consumer "w"`},
		"no account":              {with(data{"account": "other"}), `there is no account "other" with JetStream`},
		"nobody there":            {with(data{"natsServerMonitoringEndpoint": plain}), "nats " + plain + " does not answer: connection refused"},
		"no such host":            {with(data{"natsServerMonitoringEndpoint": "nats.invalid:8222"}), "nats nats.invalid:8222 does not answer: "},
		"something else":          {with(data{"natsServerMonitoringEndpoint": host(web)}), "is no monitoring port of NATS"},
		"nothing of it":           {with(data{"natsServerMonitoringEndpoint": host(gone)}), "the answer to /jsz is HTTP 404"},
		"the clients' port":       {with(data{"natsServerMonitoringEndpoint": server.Address}), "does not answer: "},
		"TLS where there is none": {with(data{"useHttps": "true"}), "does not answer: http: server gave HTTP response to HTTPS client"},
	} {
		t.Run(name, func(t *testing.T) {
			readings, err := readOnce(t, mustQuery(t, test.request))
			if err == nil {
				err = readings[0].Err
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestJetStreamThatIsOff(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"server_id": "A", "disabled": true}`)
	}))
	t.Cleanup(page.Close)
	_, err := readOnce(t, mustQuery(t, request(on(strings.TrimPrefix(page.URL, "http://"), "work"), nil)))
	if err == nil || !strings.Contains(err.Error(), "does not serve JetStream") {
		t.Fatalf("got %v", err)
	}
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, bodyMost+1))
	}))
	t.Cleanup(page.Close)
	_, err := readOnce(t, mustQuery(t, request(on(strings.TrimPrefix(page.URL, "http://"), "work"), nil)))
	if err == nil || !strings.Contains(err.Error(), "larger than 32 MiB") {
		t.Fatalf("got %v", err)
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		more, auth data
		want       string
	}{
		"no account":               {more: data{"account": ""}, want: "the account is missing"},
		"no stream":                {more: data{"stream": ""}, want: "stream is missing"},
		"no consumer":              {more: data{"consumer": ""}, want: "consumer is missing"},
		"no endpoint":              {more: data{"natsServerMonitoringEndpoint": ""}, want: `natsServerMonitoringEndpoint "" is not of the form`},
		"a scheme":                 {more: data{"natsServerMonitoringEndpoint": "http://a:1"}, want: "is not of the form host:port"},
		"no authority":             {more: data{"useHttps": "true"}, auth: data{"ca": "x"}, want: "ca holds no certificate"},
		"a secret of another type": {auth: data{"password": "x"}, want: "has none of the keys"},
	} {
		t.Run(name, func(t *testing.T) {
			m := on("a:1", "work")
			maps.Copy(m, test.more)
			_, err := Source{}.Query(request(m, test.auth))
			if err == nil || !strings.Contains(err.Error(), test.want) || !failure.IsMistake(err) {
				t.Fatalf("got %v, want the user's mistake with %q", err, test.want)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	authority, other := brokers.NewAuthority(t), brokers.NewAuthority(t)
	files := authority.WriteFiles(t, authority.Issue(t, "server"))
	server := brokers.StartNATS(t, brokers.NATSOptions{TLS: &files})
	for name, test := range map[string]struct {
		more, auth data
		want       string
	}{
		"the right authority": {auth: data{"ca": authority.CA}, want: `has no stream "work"`},
		"any certificate":     {more: data{"unsafeSsl": "true"}, want: `has no stream "work"`},
		"another authority":   {auth: data{"ca": other.CA}, want: "certificate signed by unknown authority"},
		"in the open":         {more: data{"useHttps": "false"}, want: "the answer to /jsz is HTTP 400"},
	} {
		t.Run(name, func(t *testing.T) {
			m := on(server.Monitor, "work")
			m["useHttps"] = "true"
			maps.Copy(m, test.more)
			readings, err := readOnce(t, mustQuery(t, request(m, test.auth)))
			if err == nil {
				err = readings[0].Err
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// counted counts the requests that pass to a monitoring port.
func counted(t testing.TB, monitor string) (address string, count *atomic.Int64) {
	t.Helper()
	count = &atomic.Int64{}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: monitor})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), count
}

// thousand are the consumers of ten streams.
func thousand(t testing.TB, server *brokers.NATS, address string) []sources.Query {
	t.Helper()
	var queries []sources.Query
	for i := range 10 {
		name := fmt.Sprintf("stream-%d", i)
		server.Fill(t, name, i)
		for j := range 100 {
			consumer := fmt.Sprintf("consumer-%d", j)
			_, err := server.JetStream.CreateConsumer(context.Background(), name, jetstream.ConsumerConfig{Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy})
			if err != nil {
				t.Fatal(err)
			}
			m := on(address, name)
			m["consumer"] = consumer
			queries = append(queries, mustQuery(t, request(m, nil)))
		}
	}
	return queries
}

func TestAThousandConsumersAreOneRequest(t *testing.T) {
	server := brokers.StartNATS(t, brokers.NATSOptions{})
	address, count := counted(t, server.Monitor)
	queries := thousand(t, server, address)
	readings, err := readOnce(t, queries...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range readings {
		if readings[i].Err != nil || readings[i].Value != int64(i/100)*1000 {
			t.Fatalf("consumer %d: %+v", i, readings[i])
		}
	}
	if n := count.Load(); n != 1 {
		t.Fatalf("%d requests for 1,000 consumers of one account", n)
	}
}

// A server that is stopped as a whole accepts and never answers.
func TestServerThatHangs(t *testing.T) {
	server := brokers.StartNATS(t, brokers.NATSOptions{})
	server.Fill(t, "work", 3)
	q := mustQuery(t, request(on(server.Monitor, "work"), nil))
	r := q.Open()
	t.Cleanup(func() { _ = r.Close() })
	server.Freeze(t)
	_, err := readWith(t, r, q)
	if err == nil || !strings.HasSuffix(err.Error(), "does not answer: timed out") {
		t.Fatalf("got %v", err)
	}
	server.Thaw(t)
	if readings, err := readWith(t, r, q); err != nil || readings[0].Value != 3000 {
		t.Fatalf("when it goes on: %+v, %v", readings, err)
	}
}

func BenchmarkRead1000(b *testing.B) {
	server := brokers.StartNATS(b, brokers.NATSOptions{})
	queries := thousand(b, server, server.Monitor)
	r := queries[0].Open()
	b.Cleanup(func() { _ = r.Close() })
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(context.Background(), queries); err != nil {
			b.Fatal(err)
		}
	}
}
