// Package sleep decides when a CronJob is suspended by a schedule, and what it is afterwards.
package sleep

import "time"

// Memory is what is remembered of a CronJob while it sleeps, as the value of the annotation plimsoll.dev/asleep. What is none
// of the values counts as Keep: who wrote it is not known.
type Memory string

// The memories.
const (
	// Awake: there is no annotation.
	Awake Memory = ""
	// Resume: it was running, and we have suspended it. It runs again when the window closes.
	Resume Memory = "resume"
	// Keep: its user decides. It was suspended before the window opened, or somebody resumed it since.
	Keep Memory = "keep"
)

// State is what a CronJob shows.
type State struct {
	Suspended bool
	Memory    Memory
}

// Decide says what a CronJob is to be, by whether a window of sleep is open:
//
//	window   memory   suspended   then
//	open     none     no          suspended, to be resumed
//	open     none     yes         its user's; kept so
//	open     resume   no          somebody resumed it: from now on its user's
//	closed   resume   either      running
//	closed   keep     either      as it is
//
// and the memory goes with the window. Anything else stays as it is.
func Decide(s State, asleep bool) State {
	switch {
	case !asleep:
		return State{Suspended: s.Suspended && s.Memory != Resume}
	case s.Memory == Awake && s.Suspended:
		return State{Suspended: true, Memory: Keep}
	case s.Memory == Awake:
		return State{Suspended: true, Memory: Resume}
	case s.Memory == Resume && !s.Suspended:
		return State{Memory: Keep}
	}
	return s
}

// In gives the time from now to a change; 0 where there is none to wait for.
func In(now, change time.Time) time.Duration {
	if change.IsZero() {
		return 0
	}
	return max(change.Sub(now), time.Millisecond)
}
