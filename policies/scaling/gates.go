package scaling

import "github.com/plimsoll-dev/plimsoll/policies/reason"

// readable: a target that cannot be read is left alone.
func (r *run) readable() outcome {
	if r.in.Target.Err == nil {
		return next
	}
	r.hold(StageTarget, reason.FailedGetScale, -1)
	r.decision.Conditions.AbleToScale = Condition{Status: False, Reason: reason.FailedGetScale, Signal: -1}
	r.decision.Conditions.ScalingActive = Condition{Status: Unknown, Reason: reason.FailedGetScale, Signal: -1}
	r.props = r.props[:0] // they rest on a count that nobody read
	return over
}

// disabled: zero where the specification does not know zero was set by hand. It is a switch, and it is not ours. With a
// minimum of 0, zero is an ordinary size, whoever wrote it.
func (r *run) disabled() outcome {
	if r.cur != 0 || r.bounds.own == 0 || r.bounds.min == 0 || r.state.zero == ours {
		return next
	}
	r.hold(StageDisabled, reason.ScalingDisabled, -1)
	r.decision.Conditions.ScalingActive = Condition{Status: False, Reason: reason.ScalingDisabled, Signal: -1}
	return over
}

// outside: a count outside the bounds goes to the bound at once, no metrics asked. (Where a schedule works alone, what is
// wanted once it closes is known without asking: the count from before.)
func (r *run) outside() outcome {
	if r.bounds.contain(r.cur) || r.givesBack() {
		return next
	}
	n, code := r.bounds.clip(r.cur)
	r.rememberBase()
	r.step(Step{Stage: StageOutside, After: n, Reason: reason.OutsideBounds, Signal: -1, Value: int64(n)})
	r.limitedBy(code)
	return settled
}

// hold notes that the count stays because nothing else is known or allowed.
func (r *run) hold(stage Stage, code reason.Code, signal int32) {
	r.step(Step{Stage: stage, After: r.cur, Reason: code, Signal: signal})
	r.because(code, signal)
}
