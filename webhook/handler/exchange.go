package handler

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// exchange is one request on its way to its one answer: the review's, or, where that takes too long, the deadline's. The core
// cannot be interrupted; what it comes to after the deadline is dropped. (To run it in a goroutine of its own and wait for
// the first of the two would do as well, and took a tenth of a review.)
type exchange struct {
	handler *Handler
	request *request
	writer  http.ResponseWriter
	start   time.Time
	// answer is done once; whoever comes second waits until the first has written, as the writer must not outlive the call.
	answer sync.Once
}

// finish answers with what the review came to.
func (e *exchange) finish(ctx context.Context, v verdict, err error) {
	e.answer.Do(func() {
		if err != nil {
			v = e.handler.giveUp(ctx, e.request, err)
		} else {
			report(ctx, e.request, &v)
		}
		e.send(v)
	})
}

// timeOut answers in the review's stead, from another goroutine. The connection is of no use to others until the review has
// ended, so it is closed after it.
func (e *exchange) timeOut(ctx context.Context) {
	e.answer.Do(func() {
		e.writer.Header().Set("Connection", "close")
		e.send(e.handler.giveUp(ctx, e.request, &failure{problem: metrics.DeadlineExceeded, err: context.Cause(ctx)}))
		_ = http.NewResponseController(e.writer).Flush() // if the API server has gone, there is nobody left to tell
	})
}

func (e *exchange) send(v verdict) {
	header := e.writer.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(v.body)))
	_, _ = e.writer.Write(v.body)
	e.handler.Metrics.Answered(metrics.Review{
		Kind: v.kind, Operation: e.request.Operation, Outcome: v.outcome, Duration: time.Since(e.start),
	})
}
