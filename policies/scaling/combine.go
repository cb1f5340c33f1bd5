package scaling

import "github.com/plimsoll-dev/plimsoll/policies/reason"

// combine takes the maximum of the proposals. With no answer at all nothing is known and the count stays. With some
// answers missing the maximum of the rest may raise it and not lower it.
func (r *run) combine() outcome {
	n := &r.seen
	if len(r.spec.Signals) == 0 {
		return r.scheduleAlone()
	}
	if n.answered == 0 {
		return r.noAnswers()
	}
	if n.missing >= 0 && n.max < r.cur && !r.lastStep() {
		r.failing(n.missing)
		r.hold(StageCombine, reason.PartialData, n.missing)
		return over
	}
	r.step(Step{Stage: StageCombine, After: n.max, Reason: reason.MaximumOfProposals, Signal: n.leader, Value: int64(n.answered)})
	r.active(True, reason.ValidMetricFound, n.leader)
	return next
}

func (r *run) noAnswers() outcome {
	signal := r.seen.failed
	if signal < 0 {
		signal = r.seen.unanswered
	}
	r.failing(signal)
	r.hold(StageCombine, r.props[signal].Reason, signal)
	return over
}

// failing says in ScalingActive which signal has no answer. Not to have been asked yet is no failure.
func (r *run) failing(signal int32) {
	code := r.props[signal].Reason
	status := False
	if code == reason.NotYetSampled {
		status = Unknown
	}
	r.active(status, code, signal)
}

// rememberBase notes the count that a schedule without metrics has to give back once its windows close.
func (r *run) rememberBase() {
	if len(r.spec.Signals) == 0 && r.bounds.open && !r.state.hasBase {
		r.state.base, r.state.hasBase = r.cur, true
	}
}

// scheduleAlone: where neither metrics nor triggers lead, the count outside the windows is the one that was there before.
func (r *run) scheduleAlone() outcome {
	r.rememberBase()
	r.direct = true
	r.active(True, reason.ValidMetricFound, -1)
	if r.bounds.open || !r.state.hasBase {
		return next
	}
	if r.cur == r.state.base {
		r.state.hasBase = false
		return next
	}
	r.step(Step{Stage: StageCombine, After: r.state.base, Reason: reason.DesiredWithinRange, Signal: -1})
	return next
}
