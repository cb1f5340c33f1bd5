package handler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// TestFailed: what failed because the time was over is not blamed on what was being done.
func TestFailed(t *testing.T) {
	t.Parallel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for name, tc := range map[string]struct {
		ctx  context.Context
		want metrics.Problem
	}{
		"in time":  {t.Context(), metrics.NamespaceUnknown},
		"too late": {late, metrics.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cause := errors.New("no answer")
			err := failed(tc.ctx, metrics.NamespaceUnknown, cause)
			f := &failure{}
			if !errors.As(err, &f) || f.problem != tc.want || !errors.Is(err, cause) {
				t.Errorf("%#v, want %s", err, tc.want)
			}
		})
	}
}
