// Package admit is the one order of steps that webhook, audit and CLI share: decode, resolve, build, judge.
package admit

import (
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

// Operation is what the request does to the object.
type Operation string

// The operations that are reviewed.
const (
	Create Operation = "CREATE"
	Update Operation = "UPDATE"
)

// Input is all that a review may see.
type Input struct {
	Operation Operation
	// Object and OldObject are the JSON of the object; OldObject only for Update.
	Object, OldObject []byte
	// Namespace of the object. Never nil.
	Namespace *resolve.Namespace
	// Platform is what the platform team set for all workloads; nil: no interruptible nodes.
	Platform *patch.Platform
	// Scalers: plimsoll-scalers is deployed, so that trigger types without a source of our own are served.
	Scalers bool
}

// Outcome is what comes of a review.
type Outcome struct {
	// Reason in one word: Completed, Unchanged, NotEnrolled, InvalidValue, InternalError.
	Reason reason.Code
	// Skipped says in words why the object was not looked at, as the end of a sentence that begins with its name; empty
	// where it was.
	Skipped string
	// Denials are sentences for the user; the request is denied where there is at least one.
	Denials []string
	// Warnings are sentences for the user.
	Warnings []string
	// Ops is the JSON patch, in order; empty where the object needs nothing or is denied.
	Ops []patch.Op
	// Changes say in words what Ops do, the stamp left out.
	Changes []patch.Change
}

// Allowed tells whether the request may go on.
func (o *Outcome) Allowed() bool { return len(o.Denials) == 0 }
