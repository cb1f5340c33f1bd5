package resolve

import (
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Resolve says what a workload's settings come to: the one place where layers meet.
func Resolve(s *subject.Subject, ns *Namespace) Resolution {
	own, problems := intent.Parse(s.Kind, s.Metadata.Annotations)
	return Resolution{Enrolled: true, Reason: reason.Unchanged, Intent: intent.Merge(&own, &ns.Intent), Problems: problems}
}
