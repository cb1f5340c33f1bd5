package scaling

import "github.com/plimsoll-dev/plimsoll/policies/reason"

// scheduleAlone: where neither metrics nor triggers lead, the count outside the windows is the one that was there before.
func (r *run) scheduleAlone() outcome {
	r.rememberBase()
	r.direct = true
	if !r.givesBack() {
		return next
	}
	if r.cur == r.state.base {
		r.state.hasBase = false
		return next
	}
	r.step(Step{Stage: StageCombine, After: r.state.base, Reason: reason.DesiredWithinRange, Signal: -1})
	return next
}

// rememberBase notes the count that a schedule without metrics has to give back once its windows close.
func (r *run) rememberBase() {
	if len(r.spec.Signals) == 0 && r.bounds.open && !r.state.hasBase {
		r.state.base, r.state.hasBase = r.cur, true
	}
}

// givesBack says whether a schedule that works alone is over and its base is still owed.
func (r *run) givesBack() bool {
	return len(r.spec.Signals) == 0 && !r.bounds.open && r.state.hasBase
}

// Owed reads from a digest the count that a schedule has still to give back; false where it owes none.
func Owed(digest string) (int32, bool) {
	s, err := Seed(digest)
	return s.base, err == nil && s.hasBase
}
