package calendar

import "time"

// Window is open from each start to the next end, in a time zone. Where a start and an end fall on the same minute the
// window stays, or becomes, open.
type Window struct {
	Start, End Expression
	Zone       *time.Location
}

// Open says whether the window is open at t.
func (w *Window) Open(t time.Time) bool {
	at := reached(t, w.Zone)
	start, ok := w.Start.previous(at)
	if !ok {
		return false
	}
	end, ok := w.End.previous(at)
	return !ok || start >= end
}

// Next gives the first time after t at which the window may open or close: its end while it is open, else its start. Zero
// where there is none.
func (w *Window) Next(t time.Time) time.Time {
	expression := &w.Start
	if w.Open(t) {
		expression = &w.End
	}
	next, ok := expression.next(reached(t, w.Zone) + 1)
	if !ok {
		return time.Time{}
	}
	return instant(next, w.Zone)
}
