package scaling

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// NoGuard is the Range of a Spec that no guardrail bounds.
func NoGuard() Range { return Range{Min: 0, Max: math.MaxInt32} }

// bounds are the bounds at one time: the specification's, then the open windows', then the guardrails'.
type bounds struct {
	min, max             int32
	minReason, maxReason reason.Code
	// rest is the idle count, below min; -1 where there is none now.
	rest int32
	// own is the least count that the specification alone knows: below it is a switch thrown by hand.
	own int32
	// conflict is true where an open window's floor is above an open window's cap.
	conflict bool
	// open is true while any window is.
	open bool
}

func (r *run) boundsNow() bounds {
	s := r.spec
	b := bounds{min: s.Min, max: s.Max, minReason: reason.TooFewReplicas, maxReason: reason.TooManyReplicas, rest: s.restingCount()}
	b.own = b.lowest()
	r.applyWindows(&b)
	if s.Guard.Min > b.min {
		b.min, b.minReason = s.Guard.Min, reason.TooFewReplicas
	}
	if s.Guard.Max < b.max {
		b.max, b.maxReason = s.Guard.Max, reason.GuardrailCap
	}
	b.min = min(b.min, b.max) // a cap wins over a floor: it is there to protect something
	if b.rest >= 0 && (b.rest > b.max || s.Guard.Min > b.rest) {
		b.rest = -1
	}
	return b
}

// restingCount is the idle count: idleReplicas, else 0 where the minimum is 0, else none. What no signal leads is never idle:
// where a schedule works alone, a minimum of 0 is a bound and nothing more.
func (s *Spec) restingCount() int32 {
	switch {
	case len(s.Signals) == 0:
		return -1
	case s.Idle >= 0:
		return s.Idle
	case s.Min == 0:
		return 0
	default:
		return -1
	}
}

// lowest is the least legal count.
func (b *bounds) lowest() int32 {
	if b.rest >= 0 {
		return min(b.rest, b.min)
	}
	return b.min
}

func (b *bounds) contain(n int32) bool { return n == b.rest || n >= b.min && n <= b.max }

// applyWindows lets the open windows act on the bounds: floors combine by maximum, caps by minimum.
func (r *run) applyWindows(b *bounds) {
	floor, lid := int32(-1), int32(math.MaxInt32)
	for i := range r.spec.Schedule {
		w := &r.spec.Schedule[i]
		r.wake(w.Next(r.in.Now))
		if !w.Open(r.in.Now) {
			continue
		}
		b.open = true
		floor = max(floor, w.Min)
		if w.Max >= 0 {
			lid = min(lid, w.Max)
		}
	}
	b.conflict = floor > lid
	if floor > b.min {
		b.min, b.minReason = floor, reason.ScheduleFloor
	}
	if floor > b.rest {
		b.rest = -1
	}
	if lid < b.max {
		b.max, b.maxReason = lid, reason.ScheduleCap
	}
}

// clip brings a count within the bounds and says which bound did it; reason is empty where none had to.
func (b *bounds) clip(n int32) (int32, reason.Code) {
	switch {
	case n > b.max:
		return b.max, b.maxReason
	case n < b.min:
		return b.min, b.minReason
	default:
		return n, ""
	}
}

// bound brings the wanted count within the bounds.
func (r *run) bound() outcome {
	if r.resting {
		return next
	}
	n, code := r.bounds.clip(r.want)
	if code == "" {
		return next
	}
	r.step(Step{Stage: StageBounds, After: n, Reason: code, Signal: -1, Value: int64(n)})
	r.limitedBy(code)
	return next
}

// limitedBy notes what clips the count.
func (r *run) limitedBy(code reason.Code) {
	r.decision.Conditions.ScalingLimited = Condition{Status: True, Reason: code, Signal: -1}
	r.because(code, -1)
}
