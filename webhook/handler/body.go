package handler

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

const (
	// MaxBody is the largest request that is read, in bytes. The API server takes no object above 3 MiB; a review of an
	// update holds two of them, and 1 MiB is plenty for what stands around them.
	MaxBody = 7 << 20
	// keepBuffer is the largest buffer that is kept for another request, so that one huge object does not stay resident.
	keepBuffer = 128 << 10
)

// refusal is a request that gets no answer, only an HTTP status. It is the caller's mistake.
type refusal struct {
	status  int
	problem metrics.Problem
	err     error
}

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(status int, problem metrics.Problem, format string, args ...any) *refusal {
	return &refusal{status: status, problem: problem, err: fmt.Errorf(format, args...)}
}

// read gets the admission request out of an HTTP request, by way of the buffer, whose bytes it keeps.
func read(buffer *bytes.Buffer, w http.ResponseWriter, r *http.Request) (*request, *refusal) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, refuse(http.StatusMethodNotAllowed, metrics.Malformed, "method %s: want POST", r.Method)
	}
	if is := r.Header.Get("Content-Type"); !isJSON(is) {
		return nil, refuse(http.StatusUnsupportedMediaType, metrics.Malformed, "Content-Type %q: want application/json", is)
	}
	if refusal := fill(buffer, w, r); refusal != nil {
		return nil, refusal
	}
	req, err := decodeReview(buffer.Bytes())
	if err != nil {
		return nil, refuse(http.StatusBadRequest, metrics.Malformed, "%w", err)
	}
	return req, nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" { // what the API server sends
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// fill reads the body into the buffer.
func fill(buffer *bytes.Buffer, w http.ResponseWriter, r *http.Request) *refusal {
	if r.ContentLength > MaxBody {
		return refuse(http.StatusRequestEntityTooLarge, metrics.BodyTooLarge, "body of %d bytes: %d are the most", r.ContentLength, MaxBody)
	}
	if r.ContentLength > 0 {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(http.MaxBytesReader(w, r.Body, MaxBody))
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, metrics.BodyTooLarge, "body: %d bytes are the most", MaxBody)
	case err != nil:
		return refuse(http.StatusBadRequest, metrics.Malformed, "reading body: %w", err)
	}
	return nil
}

func (h *Handler) recycle(buffer *bytes.Buffer) {
	if buffer.Cap() > keepBuffer {
		return
	}
	buffer.Reset()
	h.buffers.Put(buffer)
}
