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
