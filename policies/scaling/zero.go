package scaling

import (
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// zero leads to rest (0, or the idle count) and back:
//
//	at rest, nothing active                    stay
//	something active                           at least the floor: the minimum, and 1
//	nothing active, a source silent            at least 1, and the clock stands still
//	nothing active, cooling down               at least the floor
//	cooled down, above the floor               towards the floor by the behaviour; idle triggers have no say
//	cooled down, at the floor                  to rest: the cooldown has decided, not the windows and rates
//
// Cutting N pods to none at once, as others do, kills what they still work on.
func (r *run) zero() outcome {
	if r.bounds.rest < 0 {
		return r.propose()
	}
	due, until := r.idle()
	switch {
	case r.cur <= r.bounds.rest && !r.seen.awake, r.lastStep():
		r.toRest()
	case due:
		r.active(False, reason.Idle, -1)
		r.toFloor()
	case until > 0:
		r.active(False, reason.CoolingDown, -1)
		r.floor(max(r.want, r.restFloor()), Step{Reason: reason.CoolingDown, Until: r.wakeAt(until)})
	default:
		r.floor(max(r.want, 1), Step{Reason: reason.PartialData})
	}
	return r.propose()
}

// propose notes the count to be remembered as proposed: after zero, before it is stabilised.
func (r *run) propose() outcome {
	if len(r.spec.Signals) > 0 {
		r.proposed, r.unstabilized = true, r.want
	}
	return next
}

// restFloor is the least count of a workload that does not rest.
func (r *run) restFloor() int32 { return max(1, r.bounds.min) }

// lastStep says whether the workload is to go from its floor to rest now. Signals of pods cannot tell that work waits, so
// one without an answer does not stand in the way; one that asks for more than the floor does.
func (r *run) lastStep() bool {
	due, _ := r.idle()
	floor := r.restFloor()
	return due && r.bounds.rest >= 0 && r.cur <= floor && r.seen.podsMax <= floor
}

func (r *run) toRest() {
	r.direct, r.resting = true, true
	r.active(False, reason.Idle, -1)
	r.floor(r.bounds.rest, Step{Reason: reason.Idle})
}

// toFloor: rest is due, and the workload is still above the floor.
func (r *run) toFloor() {
	n, s := max(r.seen.podsMax, r.restFloor()), Step{Reason: reason.Idle}
	if r.seen.missing >= 0 && n < r.cur {
		n, s = r.cur, Step{Reason: reason.PartialData}
	}
	r.floor(n, s)
}

func (r *run) floor(n int32, s Step) {
	if n == r.want {
		return
	}
	s.Stage, s.After, s.Signal = StageZero, n, -1
	r.step(s)
}
