package scaling

import "github.com/plimsoll-dev/plimsoll/policies/reason"

func defaultConditions() Conditions {
	return Conditions{
		AbleToScale:    Condition{Status: True, Reason: reason.ReadyForNewScale, Signal: -1},
		ScalingActive:  Condition{Status: Unknown, Reason: reason.NotYetSampled, Signal: -1},
		ScalingLimited: Condition{Status: False, Reason: reason.DesiredWithinRange, Signal: -1},
		Fallback:       Condition{Status: False, Reason: reason.NoFallback, Signal: -1},
		Paused:         Condition{Status: False, Reason: reason.NotPaused, Signal: -1},
	}
}

// conclude completes the conditions once the verb is known.
func (r *run) conclude() {
	c := &r.decision.Conditions
	if r.decision.Verb == Write {
		c.AbleToScale.Reason = reason.SucceededRescale
	}
	r.decision.ScheduleConflict = r.bounds.conflict
	if r.seen.fallback >= 0 {
		c.Fallback = Condition{Status: True, Reason: reason.FallbackActive, Signal: r.seen.fallback}
	}
	if r.decision.Reason == "" {
		r.because(c.ScalingActive.Reason, c.ScalingActive.Signal)
	}
}

// active sets ScalingActive.
func (r *run) active(status Tristate, code reason.Code, signal int32) {
	r.decision.Conditions.ScalingActive = Condition{Status: status, Reason: code, Signal: signal}
}
