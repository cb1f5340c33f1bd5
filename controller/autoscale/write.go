package autoscale

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/actuate"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// attempt is what writing a decision needs.
type attempt struct {
	facts   *report.Facts
	decider *scaling.Decider
	in      *scaling.Input
	target  targets.Target
	since   time.Time
}

// maxConflicts is how often a turn tries again when others write the target at the same time.
const maxConflicts = 3

// write carries a decision out, and gives the one that was carried out in the end.
func (l *Loop) write(ctx context.Context, it *item, a *attempt, d scaling.Decision, state scaling.State) (scaling.Decision, scaling.State) {
	f := a.facts
	for again := 0; d.Verb == scaling.Write; again++ {
		var after targets.Target
		after, f.WriteErr = l.Scales.Scale(ctx, a.target, d.Replicas)
		f.Lag = l.Clock.Since(a.since)
		l.Observer.Wrote(f.Lag, f.WriteErr)
		conflict := f.WriteErr != nil && actuate.IsConflict(f.WriteErr)
		if !conflict {
			it.wrote(d.Current, d.Replicas, f.WriteErr, f.Now)
		}
		if f.WriteErr == nil {
			it.written = &after
		}
		if !conflict || again == maxConflicts {
			break
		}
		// Somebody else changed the target meanwhile: look again, and decide again from the same samples.
		if a.target, a.in.Target.Err = l.Targets.Fresh(ctx, a.target.Key); a.in.Target.Err == nil {
			fresh := a.target
			it.written, a.in.Target.Replicas = &fresh, fresh.Replicas
			l.notice(ctx, it, &fresh, f.Now)
		}
		f.WriteErr = nil
		d, state = a.decider.Decide(*a.in)
	}
	return d, state
}
