package trigger

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/calendar"
)

// cron asks for a number of pods while a window is open, and for none outside it.
func cron() Type {
	return Type{
		Name:  "cron",
		Doc:   "A number of pods between two cron times.",
		Wakes: true,
		check: differentTimes,
		Params: []Param{
			{Name: "timezone", Form: Timezone, Required: true, Doc: "IANA time zone of start and end."},
			{Name: "start", Form: Cron, Required: true, Doc: "When the window opens."},
			{Name: "end", Form: Cron, Required: true, Doc: "When the window closes."},
			{Name: "desiredReplicas", Form: Integer, Min: 1, Required: true, Doc: "Pods while the window is open."},
		},
	}
}

func differentTimes(t v1alpha1.Trigger, path *field.Path) *field.Error {
	start, end := t.Metadata["start"], t.Metadata["end"]
	if start == "" || start != end {
		return nil
	}
	return field.Invalid(path.Key("end"), end, "is the same as start, so the window would never close; legal is another time")
}

// CronWindow gives the window and the pods (desiredReplicas) of a cron trigger.
func CronWindow(t v1alpha1.Trigger) (calendar.Window, int32, error) {
	w, err := Window(t.Metadata["start"], t.Metadata["end"], t.Metadata["timezone"])
	if err != nil {
		return calendar.Window{}, 0, err
	}
	pods, err := parseInteger(t.Metadata["desiredReplicas"], 1)
	if err != nil {
		return calendar.Window{}, 0, fmt.Errorf("desiredReplicas: %w", err)
	}
	return w, clamp32(pods), nil
}

// WindowError says which part of a window is wrong.
type WindowError struct {
	// Field is start, end or timezone.
	Field, Value string
	// Legal says what would be right.
	Legal string
	Err   error
}

// Error names the part, its value, and what is legal.
func (e *WindowError) Error() string { return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Detail()) }

// Detail is the same without part and value.
func (e *WindowError) Detail() string { return fmt.Sprintf("%v; legal is %s", e.Err, e.Legal) }

// Unwrap gives the cause.
func (e *WindowError) Unwrap() error { return e.Err }

// Window builds a window from two cron expressions and a time zone (empty: UTC). Its error is a *WindowError.
func Window(start, end, timezone string) (calendar.Window, error) {
	var w calendar.Window
	var err error
	if w.Start, err = calendar.Parse(start); err != nil {
		return w, &WindowError{Field: "start", Value: start, Legal: calendar.Form, Err: err}
	}
	if w.End, err = calendar.Parse(end); err != nil {
		return w, &WindowError{Field: "end", Value: end, Legal: calendar.Form, Err: err}
	}
	if w.Zone, err = calendar.Zone(timezone); err != nil {
		return w, &WindowError{Field: "timezone", Value: timezone, Legal: "an IANA name such as Europe/Berlin", Err: err}
	}
	return w, nil
}
