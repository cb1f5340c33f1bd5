package handler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	sample "github.com/plimsoll-dev/plimsoll/test/bench/admission/body"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// BenchmarkReview is a whole review in-process: request in, answer out, without network and TLS.
func BenchmarkReview(b *testing.B) {
	h := handler.New(handler.Options{
		Review: admit.Review, Namespaces: always{resolve.NewNamespace("serverless", nil, nil, nil)},
		Platform: patch.DefaultPlatform(), Metrics: metrics.New(prometheus.NewRegistry()),
	})
	review := string(sample.Review())
	b.SetBytes(int64(len(review)))
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/mutate?timeout=2s", strings.NewReader(review))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}

type always struct{ namespace *resolve.Namespace }

func (a always) Get(context.Context, string) (*resolve.Namespace, error) { return a.namespace, nil }
