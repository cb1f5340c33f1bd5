package report

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// Foreign is the event of a count that somebody else has set.
func Foreign(target targets.Key, from, to int32, author string) Event {
	by := "somebody else"
	if author != "" {
		by = fmt.Sprintf("%q", author)
	}
	return Event{
		Reason: reason.ScaledByOthers, Action: scaleAction(from, to),
		Note: fmt.Sprintf("%s scaled %s from %d to %d; Plimsoll goes on from there", by, target, from, to),
	}
}
