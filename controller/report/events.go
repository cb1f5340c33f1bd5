package report

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// Event is something that happened to a Scaler.
type Event struct {
	Warning bool
	Reason  reason.Code
	// Action in one word, as events.k8s.io wants it.
	Action string
	Note   string
}

// Events says what happened between two statuses: a scale that was written, and conditions that turned.
func Events(before, after *v1alpha1.ScalerStatus, f *Facts) []Event {
	var events []Event
	if f.wrote() {
		d := f.Decision
		events = append(events, Event{
			Reason: reason.SucceededRescale, Action: scaleAction(d.Current, d.Replicas),
			Note: fmt.Sprintf("scaled %s from %d to %d: %s", f.Target, d.Current, d.Replicas, f.message()),
		})
	}
	for i := range after.Conditions {
		c := &after.Conditions[i]
		good, watched := goodStatus(c.Type)
		if !watched || c.Status == metav1.ConditionUnknown {
			continue
		}
		was := meta.FindStatusCondition(before.Conditions, c.Type)
		switch turned := was == nil || was.Status != c.Status; {
		case c.Status != good && isProblem(c.Reason) && (turned || was.Reason != c.Reason || was.Message != c.Message):
			events = append(events, Event{Warning: true, Reason: reason.Code(c.Reason), Action: "Check", Note: c.Message})
		case c.Status == good && turned && was != nil && isProblem(was.Reason):
			events = append(events, Event{Reason: reason.Code(c.Reason), Action: "Check", Note: c.Type + " again: " + c.Message})
		}
	}
	return events
}

// scaleAction tells steps apart. Events of the same action and reason are counted as one series, which keeps the first note
// only: a way from 20 to 16 to 12 would read as a single step.
func scaleAction(from, to int32) string { return fmt.Sprintf("ScaleFrom%dTo%d", from, to) }

// goodStatus is the status that a condition should have. ScalingLimited and Paused are nobody's trouble.
func goodStatus(kind string) (metav1.ConditionStatus, bool) {
	switch kind {
	case v1alpha1.ConditionReady, v1alpha1.ConditionAbleToScale, v1alpha1.ConditionScalingActive:
		return metav1.ConditionTrue, true
	case v1alpha1.ConditionFallback:
		return metav1.ConditionFalse, true
	}
	return "", false
}

// isProblem tells a failure from a state: a workload that is idle is not active, and that is as it should be.
func isProblem(code string) bool {
	switch reason.Code(code) {
	case reason.Idle, reason.CoolingDown, reason.NotYetSampled:
		return false
	}
	return true
}
