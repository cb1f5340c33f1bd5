package handler

import (
	"context"
	"net/http"
	"time"
)

const (
	// defaultTimeout is what the API server waits where a webhook configuration does not say; maxTimeout is the most that
	// one may say.
	defaultTimeout, maxTimeout = 10 * time.Second, 30 * time.Second
	// margin of the timeout is left for the answer's way back: a tenth, and not more than this.
	margin = 100 * time.Millisecond
)

// withDeadline bounds the work on a request by the timeout that the API server names in the query, as in ?timeout=2s.
func withDeadline(r *http.Request) (context.Context, context.CancelFunc) {
	timeout := timeoutOf(r)
	return context.WithTimeout(r.Context(), timeout-min(timeout/10, margin))
}

func timeoutOf(r *http.Request) time.Duration {
	timeout, err := time.ParseDuration(r.URL.Query().Get("timeout"))
	if err != nil || timeout <= 0 {
		return defaultTimeout
	}
	return min(timeout, maxTimeout)
}
