package scaling

import (
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// pause: all of scaling, or one direction, is stopped. Pausing stops writing and nothing else: what was decided before this
// stage stays in the trace, and the history goes on.
func (r *run) pause() outcome {
	mode := r.pauseMode()
	if mode == "" {
		return next
	}
	until := r.spec.PauseUntil
	r.wake(until)
	r.decision.Conditions.Paused = Condition{Status: True, Reason: reason.Paused, Signal: -1}
	if r.in.Target.Err != nil || mode != v1alpha1.PauseAll && !r.stopped(mode) {
		return next
	}
	r.step(Step{Stage: StagePause, After: r.cur, Reason: reason.Paused, Signal: -1, Until: until})
	r.because(reason.Paused, -1)
	return over
}

// pauseMode is the mode at the time of the decision: a pause may end by itself.
func (r *run) pauseMode() v1alpha1.PauseMode {
	if until := r.spec.PauseUntil; !until.IsZero() && !r.in.Now.Before(until) {
		return ""
	}
	return r.spec.Pause
}

// stopped says whether the wanted change goes in the direction that is paused.
func (r *run) stopped(mode v1alpha1.PauseMode) bool {
	d, ok := towards(r.cur, r.want)
	return ok && (d == down) == (mode == v1alpha1.PauseIn)
}
