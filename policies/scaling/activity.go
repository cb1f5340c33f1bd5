package scaling

// trackActivity moves the cooldown's clock. Activity sets it back. Silence of a source stops it: an error is neither
// activity nor idleness, so that after an outage the whole rest of the cooldown is still to run.
func (r *run) trackActivity() {
	s := &r.state
	switch {
	case r.seen.active:
		s.lastActive, s.idleSince, s.fresh = r.ms, r.ms, false
	case r.seen.silent > 0 && s.at > 0 && s.idleSince > 0:
		s.idleSince = min(s.idleSince+max(0, r.ms-s.at), r.ms)
	}
}

// idle says whether rest is due: something can wake the workload, all that could answered, none is active, and the cooldown
// is over. until is when it will be over, in Unix milliseconds, and 0 where that does not follow from the time alone.
func (r *run) idle() (due bool, until int64) {
	if r.seen.active || r.seen.awake || r.seen.wakers == 0 || r.seen.silent > 0 {
		return false, 0
	}
	until = r.state.idleSince + r.spec.Cooldown.Milliseconds()
	if r.state.fresh {
		until = r.in.Created.Add(r.spec.InitialCooldown).UnixMilli()
	}
	return r.ms >= until, until
}
