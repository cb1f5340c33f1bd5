package scrape

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
)

// one is a source that sees one pod at the address which a conformance test puts into a signal's name, and whose value is
// that of the pod.
type one struct {
	t       *testing.T
	sources map[string]Source
}

func (o one) Query(r sources.Request) (sources.Query, error) {
	s, ok := o.sources[r.Signal.Name]
	if !ok {
		w := newWorld()
		w.pod("a", "10.64.0.1")
		w.servers["10.64.0.1:8080"] = r.Signal.Name
		s = w.source()
		o.sources[r.Signal.Name] = s
	}
	q, err := s.Query(r)
	if err != nil {
		return nil, err
	}
	return single{q}, nil
}

type single struct{ sources.Query }

func (s single) Open() sources.Reader { return singleReader{s.Query.Open()} }

type singleReader struct{ sources.Reader }

func (s singleReader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	inner := make([]sources.Query, len(queries))
	for i, q := range queries {
		inner[i] = q.(single).Query
	}
	readings, err := s.Reader.Read(ctx, inner)
	for i := range readings {
		if readings[i].Err == nil {
			readings[i].Value = readings[i].Pods[0].Value
		}
	}
	return readings, err
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		var mu sync.Mutex
		values := map[string]string{}
		put := func(name, value string) {
			mu.Lock()
			defer mu.Unlock()
			values[name] = value
		}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			for name, value := range values {
				fmt.Fprintf(w, "%s %s\n", name, value)
			}
		}))
		t.Cleanup(server.Close)
		return conformance.Backend{
			Source: one{t, map[string]Source{}}, Address: server.Listener.Addr().(*net.TCPAddr).String(),
			Request: func(address, name string) sources.Request {
				r := request(metricName(name), nil)
				r.Signal.Name = address
				return r
			},
			Put:   func(_ *testing.T, name string, n int64) { put(metricName(name), fmt.Sprint(n)) },
			Spoil: func(_ *testing.T, name string) { put(metricName(name), "NaN") },
		}
	})
}

// metricName makes a name of a metric of the suite's names, which are not.
func metricName(name string) string {
	return "work_" + string([]rune(name)[:3])
}
