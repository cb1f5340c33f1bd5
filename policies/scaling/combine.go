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
		signal := r.decision.Conditions.ScalingActive.Signal
		r.hold(StageCombine, r.props[signal].Reason, signal)
		return over
	}
	if n.missing >= 0 && n.max < r.cur && !r.lastStep() {
		r.failing(n.missing)
		r.hold(StageCombine, reason.PartialData, n.missing)
		return over
	}
	r.step(Step{Stage: StageCombine, After: n.max, Reason: reason.MaximumOfProposals, Signal: n.leader, Value: int64(n.answered)})
	return next
}

// leads says in ScalingActive whether any signal leads the count, and which. Of those without an answer, one that was asked
// says more than one that was not asked yet.
func (r *run) leads() {
	n := &r.seen
	switch {
	case n.answered > 0 || len(r.spec.Signals) == 0:
		r.active(True, reason.ValidMetricFound, n.leader)
	case n.failed >= 0:
		r.failing(n.failed)
	default:
		r.failing(n.unanswered)
	}
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
