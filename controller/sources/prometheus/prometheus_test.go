package prometheus

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

type data = map[string]string

func request(metadata, auth data) sources.Request {
	t := &v1alpha1.Trigger{Type: "prometheus", Metadata: metadata}
	if auth != nil {
		t.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "prometheus-auth", Kind: "Secret"}
	}
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: t}, Auth: auth}
}

// on asks a server, host:port, in the open.
func on(address, query string) data {
	return data{"serverAddress": "http://" + address, "query": query, "threshold": "5"}
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
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return r.Read(ctx, queries)
}

// why gives the error of one question, be it the server's or its own.
func why(t testing.TB, r sources.Request) error {
	t.Helper()
	readings, err := readOnce(t, mustQuery(t, r))
	if err == nil {
		err = readings[0].Err
	}
	return err
}

func TestConformance(t *testing.T) {
	const secret = "open-sesame"
	server := brokers.StartPrometheus(t, brokers.PrometheusOptions{User: "reader", Password: secret})
	as := func(password string) func(address, name string) sources.Request {
		return func(address, name string) sources.Request {
			m := on(address, brokers.WorkQuery(name))
			m["authModes"] = "basic"
			return request(m, data{"username": "reader", "password": password})
		}
	}
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		return conformance.Backend{
			Source: Source{}, Address: server.Address, Request: as(secret), BadAuth: as("wrong"), Secret: secret,
			Put:   func(t *testing.T, name string, n int64) { server.Set(t, name, float64(n)) },
			Spoil: func(t *testing.T, name string) { server.Set(t, name, math.NaN()) },
		}
	})
}

func TestValues(t *testing.T) {
	server := brokers.StartPrometheus(t, brokers.PrometheusOptions{})
	server.Set(t, "two", 1, 2)
	for name, test := range map[string]struct {
		query string
		null  string
		want  int64
		err   string
	}{
		"one element":               {query: "vector(2.5)", want: 2500},
		"a scalar":                  {query: "scalar(vector(7))", want: 7000},
		"a sum":                     {query: "sum(" + brokers.WorkQuery("two") + ")", want: 3000},
		"too large a number":        {query: "vector(1e300)", want: math.MaxInt64},
		"several elements":          {query: brokers.WorkQuery("two"), err: "the query gives several elements: legal is one, as by sum(...)"},
		"several elements, as 0":    {query: brokers.WorkQuery("two"), null: "true", err: "the query gives several elements"},
		"a matrix":                  {query: brokers.WorkQuery("two") + "[1m]", err: "the query gives a matrix: legal is"},
		"a text":                    {query: `"text"`, err: "the query gives a string: legal is"},
		"no data":                   {query: "absent_here", err: "the query gives no data"},
		"no data, as KEDA's false":  {query: "absent_here", null: "false", err: "the query gives no data"},
		"no data, as 0":             {query: "absent_here", null: "true"},
		"NaN":                       {query: "vector(0)/vector(0)", err: "the value is NaN or infinite"},
		"NaN, as 0":                 {query: "vector(0)/vector(0)", null: "true"},
		"infinite":                  {query: "vector(1)/vector(0)", err: "the value is NaN or infinite"},
		"infinite, as 0":            {query: "vector(1)/vector(0)", null: "true"},
		"negative":                  {query: "vector(-1)", err: "the value is negative"},
		"negative, as 0":            {query: "vector(-1)", null: "true", err: "the value is negative"},
		"no PromQL":                 {query: "sum(", err: "the query is refused: invalid parameter \"query\": "},
		"what cannot be evaluated":  {query: brokers.WorkQuery("two") + " + on() " + brokers.WorkQuery("two"), err: "the query is refused: "},
		"a question too long a URL": {query: "vector(4)" + strings.Repeat(" + vector(0)", 1000), want: 4000},
	} {
		t.Run(name, func(t *testing.T) {
			m := on(server.Address, test.query)
			m["ignoreNullValues"] = test.null
			readings, err := readOnce(t, mustQuery(t, request(m, nil)))
			if err != nil {
				t.Fatal(err)
			}
			switch got := readings[0]; {
			case test.err != "" && (got.Err == nil || !strings.Contains(got.Err.Error(), test.err)):
				t.Fatalf("got %+v, want %q", got, test.err)
			case test.err == "" && (got.Err != nil || got.Value != test.want):
				t.Fatalf("got %+v, want %d", got, test.want)
			}
		})
	}
}

// webServer starts a server that is no Prometheus.
func webServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestMessages(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	plain := brokers.FreeAddress(t)
	for name, test := range map[string]struct{ address, want string }{
		"nobody there":   {plain, "prometheus http://" + plain + " does not answer: connection refused"},
		"something else": {webServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>") }), "is no Prometheus"},
		"other JSON":     {webServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"status": "success"}`) }), "is no Prometheus"},
		"nothing of it":  {webServer(t, status(http.StatusNotFound)), "the answer is HTTP 404"},
		"elsewhere":      {webServer(t, status(http.StatusFound)), "the answer is HTTP 302, and redirects are not followed"},
		"forbidden":      {webServer(t, status(http.StatusForbidden)), "refuses the credentials: HTTP 403"},
		"too large": {webServer(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(make([]byte, 2<<20))
		}), "the answer is larger than 1 MiB"},
		"a histogram": {webServer(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"status": "success", "data": {"resultType": "vector", "result": [{"histogram": [1, {}]}]}}`)
		}), "not a number, such as a histogram"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := why(t, request(on(test.address, "up"), nil)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

// What the trigger says of the request is what the server gets.
func TestRequests(t *testing.T) {
	var got *http.Request
	address := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r
		_, _ = fmt.Fprint(w, `{"status": "success", "data": {"resultType": "scalar", "result": [1, "4"]}}`)
	})
	m := on(address, "a+b")
	maps.Copy(m, data{
		"serverAddress": "http://" + address + "/prefix/", "namespace": "shop", "queryParameters": "dedup=true, step=a=b",
		"customHeaders": "X-Scope-OrgID=one", "authModes": "bearer, custom",
	})
	auth := data{"bearerToken": "token", "customAuthHeader": "X-Key", "customAuthValue": "key"}
	if err := why(t, request(m, auth)); err != nil {
		t.Fatal(err)
	}
	want := "/prefix/api/v1/query dedup=true&namespace=shop&query=a%2Bb&step=a%3Db one Bearer token key"
	h := got.Header
	if is := fmt.Sprint(got.URL.Path, " ", got.Form.Encode(), " ", h.Get("X-Scope-OrgID"), " ", h.Get("Authorization"), " ", h.Get("X-Key")); is != want {
		t.Fatalf("got  %s\nwant %s", is, want)
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		more, auth data
		want       string
	}{
		"no address":           {more: data{"serverAddress": "prometheus:9090"}, want: "serverAddress: legal is http://"},
		"a blank query":        {more: data{"query": " "}, want: `query " "`},
		"half a pair":          {more: data{"queryParameters": "dedup"}, want: "queryParameters: legal is name=value"},
		"no header":            {more: data{"customHeaders": "a b=c"}, want: `customHeaders: "a b" is no name of a header`},
		"no time":              {more: data{"timeout": "soon"}, want: `timeout "soon": legal is a duration`},
		"OAuth":                {auth: data{"authModes": "oauth", "password": "x"}, want: `"oauth" is not served`},
		"bearer without token": {more: data{"authModes": "bearer"}, auth: data{"username": "x"}, want: "bearer needs bearerToken"},
		"basic without user":   {more: data{"authModes": "basic"}, auth: data{"password": "x"}, want: "basic needs username"},
		"half a custom header": {more: data{"authModes": "custom"}, auth: data{"customAuthHeader": "x"}, want: "custom needs customAuthHeader and"},
		"tls without a pair":   {more: data{"authModes": "tls"}, auth: data{"username": "x"}, want: "tls needs cert and key"},
		"a token of two lines": {more: data{"authModes": "bearer"}, auth: data{"token": "se\ncret"}, want: "line break"},
	} {
		t.Run(name, func(t *testing.T) {
			m := on("prometheus:9090", "up")
			maps.Copy(m, test.more)
			_, err := Source{}.Query(request(m, test.auth))
			if !failure.IsMistake(err) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "cret") {
				t.Fatalf("got %v, want a mistake with %q", err, test.want)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	authority, other := brokers.NewAuthority(t), brokers.NewAuthority(t)
	files := authority.WriteFiles(t, authority.Issue(t, "server"))
	server := brokers.StartPrometheus(t, brokers.PrometheusOptions{TLS: &files})
	pair := authority.Issue(t, "client")
	for name, test := range map[string]struct {
		more, auth data
		want       string
	}{
		"both know each other": {auth: data{"ca": authority.CA, "cert": pair.Cert, "key": pair.Key}},
		"any server":           {more: data{"unsafeSsl": "true"}, auth: data{"cert": pair.Cert, "key": pair.Key}},
		"another authority":    {auth: data{"ca": other.CA, "cert": pair.Cert, "key": pair.Key}, want: "certificate signed by unknown authority"},
		"no certificate":       {more: data{"authModes": ""}, auth: data{"ca": authority.CA}, want: "does not answer: "},
		"in the open":          {more: data{"serverAddress": "http://" + server.Address}, auth: data{"cert": pair.Cert, "key": pair.Key}, want: "HTTP 400"},
	} {
		t.Run(name, func(t *testing.T) {
			m := on(server.Address, "vector(1)")
			m["serverAddress"], m["authModes"] = "https://"+server.Address, "tls"
			maps.Copy(m, test.more)
			err := why(t, request(m, test.auth))
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}

// A server that is stopped as a whole accepts and never answers.
func TestServerThatHangs(t *testing.T) {
	server := brokers.StartPrometheus(t, brokers.PrometheusOptions{})
	m := on(server.Address, "vector(3)")
	m["timeout"] = "500"
	q := mustQuery(t, request(m, nil))
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := readOnce(t, q); err == nil || !strings.HasSuffix(err.Error(), "does not answer: timed out") || time.Since(began) > 3*time.Second {
		t.Fatalf("got %v after %s", err, time.Since(began))
	}
	if err := server.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	server.Set(t, "awake", 1)
	if readings, err := readOnce(t, q); err != nil || readings[0].Value != 3000 {
		t.Fatalf("when it goes on: %+v, %v", readings, err)
	}
}

func thousand(t testing.TB, address string, distinct int) []sources.Query {
	t.Helper()
	queries := make([]sources.Query, 1000)
	for i := range queries {
		queries[i] = mustQuery(t, request(on(address, fmt.Sprintf("vector(%d)", i%distinct)), nil))
	}
	return queries
}

func TestEqualQuestionsAreAskedOnce(t *testing.T) {
	server := brokers.StartPrometheus(t, brokers.PrometheusOptions{})
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server.Address})
	var count atomic.Int64
	address := webServer(t, func(w http.ResponseWriter, r *http.Request) { count.Add(1); forward.ServeHTTP(w, r) })
	readings, err := readOnce(t, thousand(t, address, 10)...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range readings {
		if readings[i].Err != nil || readings[i].Value != int64(i%10)*1000 {
			t.Fatalf("question %d: %+v", i, readings[i])
		}
	}
	if n := count.Load(); n != 10 {
		t.Fatalf("%d requests for 10 questions", n)
	}
}

// Of a server that answers only some of its questions the answers count.
func TestOneRefusalIsNoOutage(t *testing.T) {
	address := webServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("namespace") == "theirs" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = fmt.Fprint(w, `{"status": "success", "data": {"resultType": "scalar", "result": [1, "4"]}}`)
	})
	theirs := on(address, "up")
	theirs["namespace"] = "theirs"
	readings, err := readOnce(t, mustQuery(t, request(theirs, nil)), mustQuery(t, request(on(address, "up"), nil)))
	if err != nil || !sources.IsUnauthorized(readings[0].Err) || readings[1].Value != 4000 {
		t.Fatalf("got %+v, %v", readings, err)
	}
}

func BenchmarkRead1000(b *testing.B) {
	server := brokers.StartPrometheus(b, brokers.PrometheusOptions{})
	for name, distinct := range map[string]int{"distinct": 1000, "equal": 1} {
		b.Run(name, func(b *testing.B) {
			queries := thousand(b, server.Address, distinct)
			r := queries[0].Open()
			b.Cleanup(func() { _ = r.Close() })
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Read(context.Background(), queries); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
