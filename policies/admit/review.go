package admit

import (
	"bytes"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Review decides what becomes of an object: it is total, reads nothing but its input and gives the same answer every time.
func Review(in Input) Outcome {
	if !in.Namespace.Enrolled() && !mentioned(in.Object) && !mentioned(in.OldObject) {
		return Outcome{Reason: reason.NotEnrolled}
	}
	s, err := subject.Decode(in.Object)
	if err != nil {
		return Outcome{Reason: reason.InternalError, Warnings: []string{"plimsoll left the object alone: " + err.Error()}}
	}
	r := resolve.Resolve(s, in.Namespace)
	if !r.Enrolled {
		return Outcome{Reason: r.Reason}
	}
	return Outcome{Reason: reason.Unchanged}
}

// mentioned tells whether an object can have an annotation of Plimsoll at all: the cheapest of all looks.
func mentioned(object []byte) bool { return bytes.Contains(object, []byte(intent.Prefix[:len(intent.Prefix)-1])) }
