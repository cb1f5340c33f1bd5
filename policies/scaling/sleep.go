package scaling

import "time"

// Sleeps says whether any window of the schedule is one of sleep: a count of 0, fixed or as a cap.
func (s *Spec) Sleeps() bool {
	for i := range s.Schedule {
		if s.Schedule[i].Max == 0 {
			return true
		}
	}
	return false
}

// Asleep says whether a window of sleep is open, for what has no replicas but can be stopped, such as a CronJob. change is
// the first time after now at which the answer may be another one; zero where there is none.
func (s *Spec) Asleep(now time.Time) (asleep bool, change time.Time) {
	for i := range s.Schedule {
		w := &s.Schedule[i]
		if w.Max != 0 {
			continue
		}
		asleep = asleep || w.Open(now)
		if next := w.Next(now); !next.IsZero() && (change.IsZero() || next.Before(change)) {
			change = next
		}
	}
	return asleep, change
}
