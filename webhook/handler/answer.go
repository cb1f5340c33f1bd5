package handler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/go-logr/logr"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// verdict is an answer, ready to be sent, and what to count it as.
type verdict struct {
	kind    subject.Kind
	outcome metrics.Outcome
	reason  reason.Code
	changes int
	body    []byte
}

// answer works out the answer. An error says why there is none; a panic is one.
func (h *Handler) answer(ctx context.Context, req *request) (v verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	v.kind = req.workload()
	outcome, err := h.judge(ctx, req, v.kind)
	if err != nil {
		return v, err
	}
	v.body, err = encodeOutcome(req.UID, &outcome)
	v.outcome = classify(&outcome)
	v.changes = len(outcome.Changes)
	v.reason = outcome.Reason
	return v, err
}

// judge gets an outcome for the request.
func (h *Handler) judge(ctx context.Context, req *request, kind subject.Kind) (admit.Outcome, error) {
	if kind == subject.Other || h.exempt(req.Namespace) {
		return admit.Outcome{Reason: reason.NotEnrolled}, nil
	}
	namespace, err := h.Namespaces.Get(ctx, req.Namespace)
	if err != nil {
		return admit.Outcome{}, failed(ctx, metrics.NamespaceUnknown, fmt.Errorf("reading namespace %s: %w", req.Namespace, err))
	}
	return h.Review(admit.Input{
		Operation: req.Operation,
		Object:    req.Object,
		OldObject: req.OldObject,
		Namespace: namespace,
		Platform:  h.Platform,
		Scalers:   h.Scalers,
	}), nil
}

// panicked is called while the stack of the panic is still there.
func panicked(p any) *failure {
	return &failure{problem: metrics.Panic, err: fmt.Errorf("panic: %v", p), stack: string(debug.Stack())}
}

// failure is a request that cannot be answered properly. It is Plimsoll's mistake, or the cluster's.
type failure struct {
	problem metrics.Problem
	err     error
	// stack of a panic.
	stack string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed says what the problem is: whatever failed because the time was over is DeadlineExceeded.
func failed(ctx context.Context, problem metrics.Problem, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		problem = metrics.DeadlineExceeded
	}
	return &failure{problem: problem, err: err}
}

// giveUp lets the object pass, and says so to its user, to the operator and to the metrics.
func (h *Handler) giveUp(ctx context.Context, req *request, err error) verdict {
	f := &failure{problem: metrics.EncodingFailed, err: err}
	errors.As(err, &f)
	h.Metrics.Count(f.problem)
	log := logr.FromContextOrDiscard(ctx).WithValues(
		"namespace", req.Namespace, "name", req.Name, "kind", req.Kind, "reason", f.problem.String())
	if f.stack != "" {
		log = log.WithValues("stack", f.stack)
	}
	log.Error(f.err, "object accepted without review")
	body, err := encode(req.UID, unreviewed(explain(f)))
	if err != nil { // a string is the only thing in it that is not a constant
		log.Error(err, "encoding answer")
	}
	return verdict{kind: req.workload(), outcome: metrics.Unreviewed, body: body}
}

// explain says a failure to the user. What a panic said is for the operator's log alone.
func explain(f *failure) string {
	switch f.problem {
	case metrics.DeadlineExceeded:
		return "the time for it was over"
	case metrics.NamespaceUnknown:
		return f.Error()
	default:
		return "internal error; the log of plimsoll says more"
	}
}

func encodeOutcome(uid string, outcome *admit.Outcome) ([]byte, error) {
	response, err := respond(outcome)
	if err != nil {
		return nil, err
	}
	return encode(uid, response)
}

func classify(outcome *admit.Outcome) metrics.Outcome {
	switch {
	case !outcome.Allowed():
		return metrics.Denied
	case len(outcome.Ops) > 0:
		return metrics.Completed
	case outcome.Reason == reason.NotEnrolled:
		return metrics.NotEnrolled
	default:
		return metrics.Unchanged
	}
}

// report logs what a review came to. Only a completed object that will be stored is a change of state.
func report(ctx context.Context, req *request, v *verdict) {
	log := logr.FromContextOrDiscard(ctx)
	level := 1
	if v.outcome == metrics.Completed && !req.DryRun {
		level = 0
	}
	if log = log.V(level); !log.Enabled() {
		return
	}
	log.Info("reviewed", "namespace", req.Namespace, "name", req.Name, "kind", req.Kind,
		"reason", v.reason.String(), "changes", v.changes)
}
