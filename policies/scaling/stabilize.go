package scaling

import (
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// stabilize lets recent proposals hold a change back: the count is raised to the lowest proposal of the up window at most,
// and lowered to the highest of the down window at least. (The usual two formulas, for both directions at once, come to
// this: the window of the direction not taken cannot bind, as its edge lies on the far side of what is wanted.)
func (r *run) stabilize() outcome {
	d, ok := towards(r.cur, r.want)
	if !ok || r.direct {
		return next
	}
	window := r.spec.rules(d).Window.Milliseconds()
	value, at, ok := r.state.recent(d).Of(r.ms - window)
	if !ok || !d.beyond(r.want, value) {
		return next
	}
	s := Step{Stage: StageStabilize, After: d.farther(value, r.cur), Reason: d.stabilized(), Signal: -1, Value: int64(value)}
	r.decision.Conditions.AbleToScale.Reason = s.Reason
	if d == down && r.state.guarded && at == r.state.since {
		s.Reason = reason.RestartGuard
	}
	s.Until = r.wakeAt(at + window)
	r.step(s)
	r.because(s.Reason, -1)
	return next
}
