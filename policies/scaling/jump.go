package scaling

// leastJump is how far Now moves against the steady clock before it counts as set. What is less, a clock that is slowed or
// sped up to be right again, is lived with.
const leastJump = 1000

// keepTime notices a clock that was set between two decisions, and moves what is remembered along with it: the windows, the
// cooldown and the rates go by how long ago something was, which has not changed. Otherwise a clock set forward forgets the
// load of the last minutes at once, and one set back by an hour holds every count for an hour.
//
// Schedules and "paused until" mean the clock on the wall, and follow it by themselves.
func (s *State) keepTime(r *run) {
	if r.in.Steady == 0 {
		s.offset = 0
		return
	}
	offset := r.ms - r.in.Steady.Milliseconds()
	by := offset - s.offset
	if s.offset == 0 || by > leastJump || by < -leastJump {
		if s.offset != 0 {
			s.shift(by)
		}
		s.offset = offset
	}
}

// shift moves all times that are there.
func (s *State) shift(by int64) {
	for _, at := range [...]*int64{&s.at, &s.since, &s.lastActive, &s.idleSince, &s.pending.at} {
		if *at != 0 {
			*at += by
		}
	}
	s.low.Shift(by)
	s.high.Shift(by)
	s.writes.Shift(by)
	for i := range s.sources {
		if one := s.sources[i]; one.silentSince != 0 {
			one.silentSince += by
			s.setSource(i, len(s.sources), one)
		}
	}
}
