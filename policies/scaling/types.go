package scaling

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// Input is all that a decision may see.
type Input struct {
	// Spec is the compiled wish. It is shared between decisions and never written.
	Spec *Spec
	// Target is the workload as it is now.
	Target Target
	// Samples answer Spec.Signals, one for one: Samples[i] is what Signals[i] last said.
	Samples []Sample
	// State is what the previous decision left, or what Seed made of a digest on a cold start.
	State State
	// Now is the time of the decision.
	Now time.Time
	// Steady is the time on a clock that nobody sets, since any moment that is the same for all decisions on a State. A
	// jump of Now against it is of the clock, not of time. 0 where there is no such clock.
	Steady time.Duration
	// Created is the creation of the Scaler. Zero where it is not known: then the workload's past is not known either.
	Created time.Time
}

// Target is the workload as informers show it.
type Target struct {
	// Replicas is scale.spec.replicas.
	Replicas int32
	// Err says why the target or its scale cannot be read; nil when it can.
	Err error
	// RollingOut is true while the workload replaces its pods.
	RollingOut bool
	// Pods are the workload's pods, ordered by Name: of a Deployment those of the newest and the old ReplicaSets that it
	// owns, by owner and not by label alone. Needed where Spec.NeedsPods; nil otherwise.
	Pods []Pod
}

// PodPhase is the part of a pod's life that a decision cares about.
type PodPhase uint8

// The phases of a pod.
const (
	PodRunning PodPhase = iota
	PodPending
	PodFailed
	PodSucceeded
)

// Tristate is a condition's status: Unknown is not False.
type Tristate uint8

// The states of a condition; Absent means that the pod has no such condition.
const (
	Absent Tristate = iota
	False
	True
	Unknown
)

// Pod is one pod of the target.
type Pod struct {
	Name     string
	Phase    PodPhase
	Deleting bool
	// Ready is the status of the Ready condition, ReadySince its last transition.
	Ready      Tristate
	ReadySince time.Time
	// Started is status.startTime; zero when it has none.
	Started time.Time
	// Requests holds, for each signal that needs one (Utilization), the pod's request in milli-units, at the index of the
	// signal in Spec.Signals; -1 where the pod states none.
	Requests []int64
}

// Sample is what one signal last said. The zero value is "never asked".
type Sample struct {
	// Time of the reading. For per-pod samples the oldest that was used.
	Time time.Time
	// Value in milli-units, for signals that are one number (Object, External, triggers).
	Value int64
	// Target in milli-units, where the source tells it with the value (Signal.OwnTarget); 0: the signal's.
	Target int64
	// Active is what the source itself says of the signal's being active; Absent: that follows from the value.
	Active Tristate
	// Pods are the readings of per-pod signals (Resource, ContainerResource, Pods), ordered by Name.
	Pods []PodSample
	// Err says why there is no answer. Absent data is never zero data.
	Err error
	// Failures is the number of failed readings in a row, this one included.
	Failures int32
}

// PodSample is one pod's reading.
type PodSample struct {
	Name  string
	Value int64
	// Time and Window of the measurement: the value describes the Window that ends at Time.
	Time   time.Time
	Window time.Duration
	// Estimated is true where the pod was not asked, because there are too many: its value is the mean of those that were.
	Estimated bool
}

// Verb says what the caller has to do.
type Verb uint8

// The verbs of a decision.
const (
	// Hold: write nothing. Decision.Reason says why there is no answer or no permission.
	Hold Verb = iota
	// Keep: the wanted count is the current one; write nothing.
	Keep
	// Write: write Decision.Replicas to the scale subresource.
	Write
)

// String names the verb.
func (v Verb) String() string {
	switch v {
	case Hold:
		return "Hold"
	case Keep:
		return "Keep"
	case Write:
		return "Write"
	default:
		return "Verb?"
	}
}

// Decision is the answer: what to do, why, and how it came about. The slices of a Decision made by a Decider are the
// Decider's: they are valid until its next decision.
type Decision struct {
	// Verb says whether to write.
	Verb Verb
	// Current is the count that was decided upon, Replicas the wanted one. They are equal unless Verb is Write.
	Current, Replicas int32
	// Reason is the most telling code: what limits or leads the count.
	Reason reason.Code
	// Signal is the index of the signal that the reason is about, or -1.
	Signal int32
	// Conditions says what each condition of the Scaler is now. AbleToScale takes for granted that the write succeeds.
	Conditions Conditions
	// ScheduleConflict is true where an open window's floor is above an open window's cap: the cap wins.
	ScheduleConflict bool
	// Proposals say what each signal alone asks for, at its index in Spec.Signals.
	Proposals []Proposal
	// Trace has one entry for every stage that changed the number or held it.
	Trace []Step
	// Next is the time at which the decision may change without new data (a window or cooldown ends, a schedule opens);
	// zero when there is none.
	Next time.Time
}

// Proposal is what one signal alone asks for.
type Proposal struct {
	// Replicas asked for; meaningful when Answered.
	Replicas int32
	// Answered is false when the signal has no answer.
	Answered bool
	// Active says whether the signal is above its activation threshold. Metrics of pods are never active: they cannot wake
	// anything.
	Active bool
	// Fallback is true when the fallback stands in for the signal.
	Fallback bool
	// Value that the proposal rests on, in milli-units (percent for Utilization).
	Value int64
	// Target that the source told, in milli-units; 0 where it is the signal's.
	Target int64
	// Reason when there is no answer.
	Reason reason.Code
}

// Step is one entry of a decision's trace. Describe puts it into words.
type Step struct {
	Stage         Stage
	Before, After int32
	Reason        reason.Code
	// Signal is the index of the signal that the step is about, or -1.
	Signal int32
	// Target is that of Proposal.Target, in steps of StageProposals.
	Target int64
	// Value and Until carry the step's facts as plain values, so that the trace costs nothing until it is printed. Value
	// is in the unit of Proposal.Value in steps of StageProposals, a bound in replicas in steps that clip. Until is when
	// the step may have another outcome without new data; zero where that cannot be told.
	Value int64
	Until time.Time
}

// Condition is a condition's status and reason.
type Condition struct {
	Status Tristate
	Reason reason.Code
	// Signal is the index of the signal that the reason is about, or -1.
	Signal int32
}

// Conditions are the conditions that a decision determines.
type Conditions struct {
	AbleToScale    Condition
	ScalingActive  Condition
	ScalingLimited Condition
	Fallback       Condition
	Paused         Condition
}
