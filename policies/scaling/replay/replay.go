// Package replay runs the engine over a recorded or invented past: timed samples in, decisions out. Nobody waits: the time
// is what the trace says it is.
package replay

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Moment is one point of a trace.
type Moment struct {
	At time.Time
	// Samples answer Spec.Signals, one for one.
	Samples []scaling.Sample
	// Pods, RollingOut and Err are those of the target at that time.
	Pods       []scaling.Pod
	RollingOut bool
	Err        error
	// Replicas is set where somebody else wrote the count before this moment.
	Replicas *int32
	// Restart is true where the process was restarted before this moment, with nothing but the State's digest.
	Restart bool
	// Lost is true where the write that this moment decides does not arrive.
	Lost bool
}

// Start is how a trace begins.
type Start struct {
	Spec     *scaling.Spec
	Replicas int32
	Created  time.Time
	State    scaling.State
}

// Run decides at every moment, in order, and applies what is decided to the count that the next moment sees. The decisions
// are the caller's to keep.
func Run(start Start, moments []Moment) []scaling.Decision {
	decisions := make([]scaling.Decision, 0, len(moments))
	state, replicas := start.State, start.Replicas
	for _, m := range moments {
		if m.Replicas != nil {
			replicas = *m.Replicas
		}
		if m.Restart {
			state = restarted(state)
		}
		var d scaling.Decision
		d, state = scaling.Decide(scaling.Input{
			Spec:    start.Spec,
			Target:  scaling.Target{Replicas: replicas, Pods: m.Pods, RollingOut: m.RollingOut, Err: m.Err},
			Samples: m.Samples,
			State:   state,
			Now:     m.At,
			Created: start.Created,
		})
		if d.Verb == scaling.Write && !m.Lost {
			replicas = d.Replicas
		}
		decisions = append(decisions, d)
	}
	return decisions
}

// restarted is what a new process knows. A digest that cannot be read leaves it knowing nothing, as it would there.
func restarted(s scaling.State) scaling.State {
	seeded, err := scaling.Seed(s.Digest())
	if err != nil {
		return scaling.State{}
	}
	return seeded
}
