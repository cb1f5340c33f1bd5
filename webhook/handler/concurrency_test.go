package handler_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
)

// TestConcurrency: many requests at once, of different sizes; each gets the answer to itself. The core here looks at its
// object only when as many others have been read: a buffer used again too early would show.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	const workers, rounds = 16, 20
	barrier := newBarrier(workers)
	w := serve(t, handler.Options{Review: func(in admit.Input) admit.Outcome {
		barrier.wait()
		return admit.Outcome{Ops: []patch.Op{{Op: "add", Path: "/object", Value: string(in.Object)}}}
	}})
	var group sync.WaitGroup
	for worker := range workers {
		group.Go(func() {
			for round := range rounds {
				w.askAndCompare(t, fmt.Sprintf("%d-%d", worker, round), worker*round*37)
			}
		})
	}
	group.Wait()
	w.wantCounts(t, strings.Repeat(requests("Deployment", "CREATE", "Completed"), workers*rounds))
}

func (w *world) askAndCompare(t *testing.T, uid string, size int) {
	object := fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q}}`, uid+strings.Repeat("x", size))
	status, says := w.send(t, http.MethodPost, "", body(request{uid: uid, object: object}.body(), false))
	var answer admissionv1.AdmissionReview
	var ops []struct{ Value string }
	if err := json.Unmarshal([]byte(says), &answer); status != http.StatusOK || err != nil {
		t.Errorf("%d %v: %s", status, err, says)
		return
	}
	if err := json.Unmarshal(answer.Response.Patch, &ops); err != nil {
		t.Errorf("%v: %s", err, says)
		return
	}
	if string(answer.Response.UID) != uid || len(ops) != 1 || ops[0].Value != object {
		t.Errorf("the answer to %s is %s", uid, says)
	}
}

// barrier lets callers through when there are n of them.
type barrier struct {
	mu   sync.Mutex
	n    int
	have int
	open chan struct{}
}

func newBarrier(n int) *barrier { return &barrier{n: n, open: make(chan struct{})} }

func (b *barrier) wait() {
	b.mu.Lock()
	open := b.open
	if b.have++; b.have == b.n {
		b.have, b.open = 0, make(chan struct{})
		close(open)
	}
	b.mu.Unlock()
	<-open
}
