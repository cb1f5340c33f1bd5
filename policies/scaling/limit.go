package scaling

import (
	"math"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// limit holds a change to the rate policies of its direction. Where behavior does not name raising, raising from zero and
// raising for demand that is counted is not limited: how much there is is known exactly, so there is nothing to probe.
func (r *run) limit() outcome {
	d, ok := towards(r.cur, r.want)
	if !ok || r.direct {
		return next
	}
	rules := r.spec.rules(d)
	free := r.cur
	if d == up && !rules.Explicit {
		free = max(free, r.seen.demandMax)
	}
	if d == up && r.cur == 0 {
		r.step(Step{Stage: StageFromZero, After: r.want, Reason: reason.FromZero, Signal: r.seen.leader})
		r.because(reason.FromZero, r.seen.leader)
		if !rules.Explicit {
			return next
		}
	}
	edge := d.farther(r.reach(d, rules), free)
	if !d.beyond(r.want, edge) {
		return next
	}
	s := Step{Stage: StageLimit, After: edge, Reason: d.limited(), Signal: -1, Value: int64(edge)}
	if at := r.policyRelief(rules); at > 0 {
		s.Until = r.wakeAt(at)
	}
	r.step(s)
	r.limitedBy(s.Reason)
	return next
}

// reach is how far the policies let the count go in a direction now. It may lie behind the current count, where more was
// done within the period than they allow.
func (r *run) reach(d direction, rules *Rules) int32 {
	if rules.Select == autoscalingv2.DisabledPolicySelect {
		return r.cur
	}
	edge, found := r.cur, false
	for i := range rules.Policies {
		p := &rules.Policies[i]
		if p.Percent && r.cur == 0 {
			continue // a percentage of nothing would never wake anything
		}
		n := r.reachOf(d, p)
		switch {
		case !found:
			edge = n
		case rules.Select == autoscalingv2.MinChangePolicySelect:
			edge = d.nearer(edge, n)
		default:
			edge = d.farther(edge, n)
		}
		found = true
	}
	if !found {
		return r.want
	}
	return edge
}

// reachOf is how far one policy lets the count go, from where it was a period ago by our own writes.
func (r *run) reachOf(d direction, p *Policy) int32 {
	added, removed := r.state.writes.Sum(r.ms - p.Period.Milliseconds())
	base := int64(r.cur) - added + removed
	if p.Percent {
		part := float64(base) * (1 + float64(d)*float64(p.Value)/100)
		return clamp(float64(d) * math.Ceil(float64(d)*part))
	}
	return clamp(float64(base + int64(d)*int64(p.Value)))
}

func clamp(n float64) int32 { return int32(max(math.MinInt32, min(n, math.MaxInt32))) }

// policyRelief is when the oldest write that a policy counts leaves its period; 0 where none is counted.
func (r *run) policyRelief(rules *Rules) int64 {
	var first int64
	for i := range rules.Policies {
		period := rules.Policies[i].Period.Milliseconds()
		if at, ok := r.state.writes.Oldest(r.ms - period); ok && (first == 0 || at+period < first) {
			first = at + period
		}
	}
	return first
}

// rollout: while pods are being replaced, averages over them jump, so nothing is lowered.
func (r *run) rollout() outcome {
	if !r.in.Target.RollingOut || r.want >= r.cur {
		return next
	}
	r.hold(StageRollout, reason.RollingOut, -1)
	return next
}
