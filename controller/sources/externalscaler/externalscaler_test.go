package externalscaler

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

func request(metadata, auth map[string]string) sources.Request {
	t := &v1alpha1.Trigger{Type: "external", Metadata: metadata}
	if auth != nil {
		t.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "scaler-auth", Kind: "Secret"}
	}
	return sources.Request{
		Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: t}, Target: v1alpha1.TargetRef{Name: "web"}, Auth: auth,
	}
}

func work(address, name string) map[string]string {
	return map[string]string{"scalerAddress": address, "work": name}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		s := startScaler(t, nil)
		return conformance.Backend{
			Source: Source{}, Address: s.address,
			Request: func(address, name string) sources.Request { return request(work(address, name), nil) },
			Put:     func(_ *testing.T, name string, n int64) { s.put(name, n) },
			Spoil: func(_ *testing.T, name string) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.spoilt[name] = true
			},
		}
	})
}

func readOne(t *testing.T, r sources.Request) (sources.Reading, error) {
	t.Helper()
	q, err := Source{}.Query(r)
	if err != nil {
		t.Fatal(err)
	}
	reader := q.Open()
	t.Cleanup(func() { _ = reader.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	readings, err := reader.Read(ctx, []sources.Query{q})
	if err != nil {
		return sources.Reading{}, err
	}
	return readings[0], readings[0].Err
}

func TestReading(t *testing.T) {
	spec := func(name string, target float64) *protocol.MetricSpec {
		return &protocol.MetricSpec{MetricName: name, TargetSizeFloat: target}
	}
	value := func(v ...float64) *protocol.GetMetricsResponse {
		r := &protocol.GetMetricsResponse{}
		for _, v := range v {
			r.MetricValues = append(r.MetricValues, &protocol.MetricValue{MetricValueFloat: v})
		}
		return r
	}
	for name, test := range map[string]struct {
		specs         []*protocol.MetricSpec
		metrics       map[string]*protocol.GetMetricsResponse
		value, target int64
		problem       string
	}{
		"fractions": {specs: []*protocol.MetricSpec{spec("a", 0.5)}, metrics: map[string]*protocol.GetMetricsResponse{"a": value(1.25)}, value: 1250, target: 500},
		"whole numbers of older servers": {
			specs:   []*protocol.MetricSpec{{MetricName: "a", TargetSize: 5}},
			metrics: map[string]*protocol.GetMetricsResponse{"a": {MetricValues: []*protocol.MetricValue{{MetricValue: 12}}}},
			value:   12_000, target: 5_000,
		},
		"of several metrics the one that asks for most": {
			specs:   []*protocol.MetricSpec{spec("a", 100), spec("b", 1), spec("c", 10)},
			metrics: map[string]*protocol.GetMetricsResponse{"a": value(200), "b": value(7), "c": value(30)}, value: 7_000, target: 1_000,
		},
		"several values are added up": {
			specs: []*protocol.MetricSpec{spec("a", 1)}, metrics: map[string]*protocol.GetMetricsResponse{"a": value(2, 3)}, value: 5_000, target: 1_000,
		},
		"no metric": {problem: "names no metric"},
		"no target": {specs: []*protocol.MetricSpec{spec("a", 0)}, problem: "metric a has a target that is not above 0"},
		"no value":  {specs: []*protocol.MetricSpec{spec("a", 1)}, metrics: map[string]*protocol.GetMetricsResponse{"a": {}}, problem: "metric a has no value"},
		"NaN":       {specs: []*protocol.MetricSpec{spec("a", 1)}, metrics: map[string]*protocol.GetMetricsResponse{"a": value(math.NaN())}, problem: "NaN"},
		"negative":  {specs: []*protocol.MetricSpec{spec("a", 1)}, metrics: map[string]*protocol.GetMetricsResponse{"a": value(-1)}, problem: "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startScaler(t, nil)
			s.specs, s.metrics = test.specs, func(name string) *protocol.GetMetricsResponse { return test.metrics[name] }
			got, err := readOne(t, request(work(s.address, "w"), nil))
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Fatalf("got %+v, %v; want %q", got, err, test.problem)
				}
				return
			}
			if err != nil || got.Value != test.value || got.Target != test.target {
				t.Fatalf("got %+v, %v", got, err)
			}
		})
	}
}

// The scaler is told whose trigger it is, and gets its own keys; activity is what it says.
func TestTheScalerKnowsWhoAsks(t *testing.T) {
	s := startScaler(t, nil)
	for n, want := range map[int64]scaling.Tristate{1: scaling.False, 2: scaling.True} {
		s.put("w", n)
		got, err := readOne(t, request(work(s.address, "w"), nil))
		if err != nil || got.Active != want {
			t.Errorf("%d: %+v, %v", n, got, err)
		}
	}
	if s.seen.GetName() != "web" || s.seen.GetNamespace() != "ns" || s.seen.GetScalerMetadata()["work"] != "w" {
		t.Errorf("the scaler saw %v", s.seen)
	}
}

// A key that names a variable of the target's environment holds its value when the scaler sees it.
func TestVariablesOfTheTarget(t *testing.T) {
	s := startScaler(t, nil)
	s.put("w", 3)
	metadata := work(s.address, "w")
	metadata["tokenFromEnv"] = "TOKEN"
	r := request(metadata, nil)
	r.Env = map[string]string{"TOKEN": "hunter22"}
	if _, err := readOne(t, r); err != nil {
		t.Fatal(err)
	}
	if got := s.seen.GetScalerMetadata()["tokenFromEnv"]; got != "hunter22" {
		t.Errorf("the scaler saw %q", got)
	}
	if metadata["tokenFromEnv"] != "TOKEN" {
		t.Error("the Scaler's own metadata was changed")
	}
}

func TestTLS(t *testing.T) {
	authority := brokers.NewAuthority(t)
	server, client := authority.Issue(t, "localhost"), authority.Issue(t, "client")
	pair, err := tls.X509KeyPair([]byte(server.Cert), []byte(server.Key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(authority.CA))
	s := startScaler(t, &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
	})
	s.put("w", 7)
	for name, test := range map[string]struct {
		auth map[string]string
		meta map[string]string
		want string
	}{
		"both sides":            {auth: map[string]string{"caCert": authority.CA, "tlsClientCert": client.Cert, "tlsClientKey": client.Key}},
		"unsafe, and a client":  {auth: map[string]string{"tlsClientCert": client.Cert, "tlsClientKey": client.Key}, meta: map[string]string{"unsafeSsl": "true"}},
		"no client certificate": {auth: map[string]string{"caCert": authority.CA}, want: "does not answer"},
		"an unknown authority":  {meta: map[string]string{"enableTLS": "true"}, want: "unknown authority"},
		"plain":                 {want: "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			meta := work(s.address, "w")
			maps.Copy(meta, test.meta)
			got, err := readOne(t, request(meta, test.auth))
			if test.want == "" && (err != nil || got.Value != 7000) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got %+v, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		meta, auth map[string]string
		want       string
	}{
		"no address":  {map[string]string{}, nil, "scalerAddress is missing"},
		"authority":   {work("a:1", "w"), map[string]string{"caCert": "x"}, "no certificate"},
		"half a pair": {work("a:1", "w"), map[string]string{"tlsClientCert": "x"}, "one of them is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Source{}.Query(request(test.meta, test.auth))
			if err == nil || !strings.Contains(err.Error(), test.want) || !failure.IsMistake(err) {
				t.Fatalf("got %v, want the user's mistake with %q", err, test.want)
			}
		})
	}
}

func BenchmarkRead1000(b *testing.B) {
	s := startScaler(b, nil)
	queries := make([]sources.Query, 1000)
	for i := range queries {
		name := fmt.Sprint(i)
		s.put(name, int64(i))
		queries[i], _ = Source{}.Query(request(work(s.address, name), nil))
	}
	reader := queries[0].Open()
	defer func() { _ = reader.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reader.Read(context.Background(), queries); err != nil {
			b.Fatal(err)
		}
	}
}
