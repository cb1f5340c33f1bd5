package scaling

import (
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/scaling/window"
)

// State is what the engine remembers from one decision to the next: recent proposals, its own writes, the last activity,
// failures in a row. It is a plain value of bounded size; its zero value knows nothing. Digest makes it text, Seed reads it.
type State struct {
	// warm is true once a decision was made on a readable target. resumed is true between Seed and that decision.
	warm, resumed bool
	// at is the time of the last decision, since that of the first one of this process. Times are Unix milliseconds.
	at, since int64
	// offset is what Now was ahead of the steady clock at, 0 where that is not known.
	offset int64
	// fresh is true while nothing was ever active and the Scaler's whole life is known.
	fresh bool
	// lastActive is when a trigger was last seen active, 0 for never; idleSince is where the cooldown counts from. It moves
	// on while a source fails: an error is neither activity nor idleness.
	lastActive, idleSince int64
	// low and high are recent proposals: their minimum holds raising back, their maximum lowering. last is the newest.
	low, high window.Extreme
	last      int32
	proposed  bool
	// guard is the count that start took for proposed; guarded is true until a proposal reaches it.
	guard   int32
	guarded bool
	// writes are our own; pending is one that was decided and not yet seen on the target.
	writes  window.Ledger
	pending write
	zero    zeroOwner
	// base is the count outside schedule windows, where the schedule works alone.
	base    int32
	hasBase bool
	// sources is nil while all signals answer. It is replaced, never written.
	sources []source
}

// write is a change of the count that was decided.
type write struct {
	at       int64
	from, to int32
}

// zeroOwner says who set the count to zero.
type zeroOwner uint8

const (
	nobody zeroOwner = iota
	// decided: we asked for zero, and it was not seen yet.
	decided
	// ours: zero was our decision, or that of a schedule.
	ours
	// theirs: somebody switched the workload off.
	theirs
)

// source is what is remembered of a signal without an answer.
type source struct {
	failures    int32
	silentSince int64
	// carried is true for failures that a digest brought: a new process counts its own from 1.
	carried bool
}

// LastActive is when a trigger was last seen active; zero for never.
func (s *State) LastActive() time.Time { return timeOf(s.lastActive) }

// IdleSince is where the cooldown counts from; zero before the first decision.
func (s *State) IdleSince() time.Time { return timeOf(s.idleSince) }

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// recent gives the proposals that can hold back a change in a direction: for raising their minimum, for lowering their
// maximum.
func (s *State) recent(d direction) *window.Extreme {
	if d == up {
		return &s.low
	}
	return &s.high
}

// advance takes in what the target shows, before the decision.
func (s *State) advance(r *run) {
	if len(s.sources) != len(r.spec.Signals) {
		s.sources = nil // other signals than before: what was remembered is about none of them for certain
	}
	if r.in.Target.Err != nil {
		return
	}
	s.settleWrite(r)
	s.ownZero(r)
	if !s.warm {
		s.start(r)
	}
}

// settleWrite enters a write in the ledger once the target shows it. One that never shows was refused, and counts nothing.
func (s *State) settleWrite(r *run) {
	if s.pending.at == 0 || s.pending.to != r.cur {
		return
	}
	s.writes.Add(s.pending.at, s.pending.to-s.pending.from, r.ms-r.spec.longestPeriod().Milliseconds())
	s.pending = write{}
}

// ownZero keeps track of who set the count to zero: what we put to sleep we wake, what somebody switched off we leave.
func (s *State) ownZero(r *run) {
	switch {
	case r.cur > 0 && s.zero != decided:
		s.zero = nobody
	case r.cur > 0:
	case s.zero == decided, s.zero == nobody && r.bounds.lowest() == 0:
		s.zero = ours
	case s.zero == nobody:
		s.zero = theirs
	}
}

// freshAge is how old a Scaler may be at its first decision for its whole life to count as known. It covers a busy start of
// a thousand Scalers.
const freshAge = time.Minute

// maxSkew is how far the clocks of two processes may be apart for one to believe the other's digest.
const maxSkew = time.Minute

// start begins a history. What it does not know it takes to have been as it is: the last proposal of a digest, else the
// current count, counts as proposed now, and so nothing is lowered for one down window of what is not known.
func (s *State) start(r *run) {
	if s.at > r.ms+maxSkew.Milliseconds() {
		*s = State{} // a digest of the future is of another clock: nothing in it can be placed
	}
	s.warm, s.since = true, r.ms
	proposal := r.cur
	if s.resumed && s.proposed {
		proposal = s.last
	}
	if !s.resumed {
		created := r.in.Created
		s.fresh = !created.IsZero() && r.in.Now.Sub(created) <= freshAge
		s.idleSince = r.ms
	}
	s.resumed = false
	s.propose(r, proposal)
	s.guard, s.guarded = proposal, true
}

func (s *State) propose(r *run, proposal int32) {
	for _, d := range [...]direction{up, down} {
		s.recent(d).Add(window.Sense(-d), r.ms, proposal, r.ms-r.spec.rules(d).Window.Milliseconds())
	}
	s.last, s.proposed = proposal, true
	s.guarded = s.guarded && proposal < s.guard
}

// remember takes in what was decided.
func (s *State) remember(r *run) {
	if r.proposed {
		s.propose(r, r.unstabilized)
	}
	if r.decision.Verb == Write {
		s.pending = write{at: r.ms, from: r.cur, to: r.want}
		s.zero = nobody
		if r.want == 0 {
			s.zero = decided
		}
	}
	s.at = r.ms
}

// source gives what is remembered of a signal.
func (s *State) source(i int) source {
	if s.sources == nil {
		return source{}
	}
	return s.sources[i]
}

// setSource remembers something of a signal. States that were handed out keep theirs.
func (s *State) setSource(i, n int, to source) {
	if s.source(i) == to {
		return
	}
	if s.sources == nil {
		s.sources = make([]source, n)
	} else {
		s.sources = slices.Clone(s.sources)
	}
	s.sources[i] = to
	if !slices.ContainsFunc(s.sources, func(one source) bool { return one != source{} }) {
		s.sources = nil
	}
}

// longestPeriod is how far back writes matter.
func (s *Spec) longestPeriod() time.Duration {
	var longest time.Duration
	for _, rules := range [...]*Rules{&s.Up, &s.Down} {
		for i := range rules.Policies {
			longest = max(longest, rules.Policies[i].Period)
		}
	}
	return longest
}
