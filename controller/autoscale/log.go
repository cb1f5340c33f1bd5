package autoscale

import (
	"context"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// log says at level 0 that a count was changed or could not be, at level 1 why it was not. Only decisions that are news
// come here, so that a poll without news costs nothing.
func log(ctx context.Context, f *report.Facts) {
	l := logf.FromContext(ctx).WithValues("namespace", f.Scaler.Namespace, "name", f.Scaler.Name, "target", f.Target.String())
	switch d := f.Decision; {
	case d == nil:
		l.Info("Scaler cannot be served", "reason", f.Ready, "problem", f.Problem.Error())
	case f.Held():
		l.Info("Scale not written", "current", d.Current, "desired", d.Replicas, "reason", reason.ConflictingWriter, "why", f.Contest.Error())
	case f.WriteErr != nil:
		l.Error(f.WriteErr, "Scale could not be written", "current", d.Current, "desired", d.Replicas)
	case d.Verb == scaling.Write:
		l.Info("Scaled", "current", d.Current, "desired", d.Replicas, "reason", d.Reason, "why", scaling.Summary(f.Spec, d), "lag", f.Lag)
	case d.Verb == scaling.Hold:
		l.V(1).Info("Held", "current", d.Current, "reason", d.Reason, "why", scaling.Summary(f.Spec, d))
	default:
		l.V(1).Info("Kept", "current", d.Current, "reason", d.Reason, "why", scaling.Summary(f.Spec, d))
	}
}
