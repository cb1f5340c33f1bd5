package fence

import (
	"context"
	"errors"
	"io"
	"net/http"
)

// errClosed is what a write through a closed fence ends with. Its words stay the same from attempt to attempt.
var errClosed = errors.New("not written: the lease was not renewed in time, so that another process may lead by now")

// Wrap puts the fence before a client's requests, as in rest.Config.Wrap. Reading is free. Writing is refused while the fence is
// closed, and given up once it closes: a connection that is slow to come must not carry the request to the server later.
func (f *Fence) Wrap(next http.RoundTripper) http.RoundTripper { return &gate{fence: f, next: next} }

type gate struct {
	fence *Fence
	next  http.RoundTripper
}

// RoundTrip is for http.RoundTripper.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return g.next.RoundTrip(r)
	}
	left := g.fence.left()
	if left == 0 {
		if r.Body != nil {
			_ = r.Body.Close() // whoever takes a request closes its body
		}
		return nil, errClosed
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), left, errClosed)
	response, err := g.next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cause := context.Cause(ctx)
		cancel()
		if errors.Is(cause, errClosed) {
			return nil, cause
		}
		return nil, err
	}
	response.Body = &body{ReadCloser: response.Body, done: cancel}
	return response, nil
}

// body ends the request's context when it has been read.
type body struct {
	io.ReadCloser
	done context.CancelFunc
}

// Close is for io.Closer.
func (b *body) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}
