package intent

import (
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Prefix of every annotation of Plimsoll.
const Prefix = "plimsoll.dev/"

// Annotations that Plimsoll writes itself, and the label that enrols a Namespace.
const (
	// AppliedAnnotation is the stamp: what admission added to an object, and by which rule.
	AppliedAnnotation = Prefix + "applied"
	// AsleepAnnotation is what the controller remembers of a CronJob while it sleeps.
	AsleepAnnotation = Prefix + "asleep"
	// EnabledLabel on a Namespace enrols it.
	EnabledLabel = Prefix + "enabled"
)

// OwnRecord tells whether an annotation is one that Plimsoll writes itself: a record, not a wish.
func OwnRecord(name string) bool { return name == AppliedAnnotation || name == AsleepAnnotation }

// ID is the position of a key in the table.
type ID uint8

// The keys.
const (
	KeyEnabled ID = iota
	KeyRequests
	KeyLimits
	KeyEphemeralStorage
	KeyScratch
	KeyScratchSizeLimit
	KeyObjectStorage
	KeySpot
	KeyTTL
	KeyTTLOnFailure
	KeyBackoffLimit
	KeyDeadline
	KeyHistory
	KeyMinReplicas
	KeyMaxReplicas
	KeyCPU
	KeyMemory
	KeyMetrics
	KeyTriggers
	KeyBehavior
	KeyScrape
	KeyNoData
	KeyCPUInitializationPeriod
	KeyInitialReadinessDelay
	KeyPollingInterval
	KeyCooldown
	KeyInitialCooldown
	KeyIdleReplicas
	KeyFallback
	KeySchedule
	KeyPaused
	KeyReplicasOwner
	KeyMaxJobs
	KeyMinJobs
	KeyJobStrategy
	KeyJobRollout
	// NumKeys is the number of keys.
	NumKeys
)

// String gives the annotation, as in "plimsoll.dev/ttl".
func (id ID) String() string { return Prefix + table[id].Name }

// Group says which part of Plimsoll a key speaks to.
type Group string

// The groups, in the order of the reference.
const (
	GroupGeneral  Group = "general"
	GroupComplete Group = "completing the object"
	GroupScaling  Group = "scaling"
	GroupJobs     Group = "event-driven Jobs"
)

// Failure says which way a key fails when its value is malformed.
type Failure string

// The ways to fail.
const (
	// Strict: on create, and when newly wrong on update, the request is denied. On a Namespace the value is ignored with a
	// warning: a Namespace's mistake must not stop its workloads.
	Strict Failure = "strict"
	// LastGood: denied like Strict; where the mistake is there already, the controller goes on with what was last valid.
	LastGood Failure = "last good"
)

// Key is one row of the table.
type Key struct {
	// Name without the prefix.
	Name string
	// Group it belongs to.
	Group Group
	// On which kinds it has a meaning. A Namespace among them: the key may stand there as a default.
	On subject.Kinds
	// PerContainer keys also exist as name.<container>.
	PerContainer bool
	// Form is an example of the value, Legal says in words what is legal, as it is said in errors.
	Form, Legal string
	// Default in words; empty when there is none.
	Default string
	// Fails says which way.
	Fails Failure
	// SpecField is the field of ScalerSpec that the key becomes, for scaling keys.
	SpecField string
	// Pending lists the kinds on which the key is read and checked but not acted on yet: admission says so.
	Pending subject.Kinds
	// Doc is what it does, in one or two sentences.
	Doc string

	parse func(i *Intent, v value) error
	take  func(dst, src *Intent)
}

// Keys is the table; the index is the ID. It must not be changed.
func Keys() []Key { return table[:] }
