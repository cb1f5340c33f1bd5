// Package handler answers admission requests: an AdmissionReview in, the core's outcome, an AdmissionReview out. Whatever
// goes wrong on the way, no object is stopped by it: the object is accepted as it is, with a warning and a metric.
package handler

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// Namespaces knows the namespaces of the cluster.
type Namespaces interface {
	// Get gives a namespace, or an error where it does not exist or cannot be read in time. What it gives is shared and must
	// not be changed.
	Get(ctx context.Context, name string) (*resolve.Namespace, error)
}

// Options are what a Handler works with. All of them are needed.
type Options struct {
	// Review is admit.Review.
	Review     func(admit.Input) admit.Outcome
	Namespaces Namespaces
	Platform   *patch.Platform
	// Scalers as in admit.Input.
	Scalers bool
	Metrics *metrics.Admission
	// Exempt are the namespaces in which nothing is ever looked at.
	Exempt []string
}

// Handler is an http.Handler for admission.k8s.io/v1.
type Handler struct {
	Options
	buffers sync.Pool
}

// New makes a Handler.
func New(options Options) *Handler {
	return &Handler{Options: options, buffers: sync.Pool{New: func() any { return &bytes.Buffer{} }}}
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{handler: h, writer: w, start: time.Now()}
	ctx, cancel := withDeadline(r)
	defer cancel()
	buffer := h.buffers.Get().(*bytes.Buffer) //nolint:forcetypeassert // nothing else is put there
	defer h.recycle(buffer)
	req, refused := read(buffer, w, r)
	if refused != nil {
		h.refuse(ctx, w, refused)
		return
	}
	e.request = req
	stop := context.AfterFunc(ctx, func() { e.timeOut(ctx) })
	defer stop()
	v, err := h.answer(ctx, req)
	e.finish(ctx, v, err)
}

func (h *Handler) exempt(namespace string) bool { return slices.Contains(h.Exempt, namespace) }

func (h *Handler) refuse(ctx context.Context, w http.ResponseWriter, refused *refusal) {
	h.Metrics.Count(refused.problem)
	logr.FromContextOrDiscard(ctx).V(1).Info("request refused", "reason", refused.problem.String(), "error", refused.Error())
	http.Error(w, refused.Error(), refused.status)
}
