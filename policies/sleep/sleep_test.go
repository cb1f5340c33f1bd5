package sleep

import (
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	for name, test := range map[string]struct {
		is     State
		asleep bool
		want   State
	}{
		"falls asleep":                        {State{false, Awake}, true, State{true, Resume}},
		"sleeps on":                           {State{true, Resume}, true, State{true, Resume}},
		"wakes":                               {State{true, Resume}, false, State{false, Awake}},
		"suspended by its user, asleep":       {State{true, Awake}, true, State{true, Keep}},
		"suspended by its user, sleeps on":    {State{true, Keep}, true, State{true, Keep}},
		"suspended by its user, awake":        {State{true, Keep}, false, State{true, Awake}},
		"resumed while asleep":                {State{false, Resume}, true, State{false, Keep}},
		"resumed while asleep, goes on":       {State{false, Keep}, true, State{false, Keep}},
		"resumed while asleep, at the end":    {State{false, Keep}, false, State{false, Awake}},
		"resumed at the end, before we knew":  {State{false, Resume}, false, State{false, Awake}},
		"resumed and suspended again":         {State{true, Keep}, false, State{true, Awake}},
		"awake":                               {State{false, Awake}, false, State{false, Awake}},
		"awake, suspended by its user":        {State{true, Awake}, false, State{true, Awake}},
		"a memory that nobody knows":          {State{true, "maybe"}, true, State{true, "maybe"}},
		"a memory that nobody knows, the end": {State{true, "maybe"}, false, State{true, Awake}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Decide(test.is, test.asleep)
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if again := Decide(got, test.asleep); again != got {
				t.Errorf("deciding again gives %+v after %+v", again, got)
			}
		})
	}
}

func TestIn(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for change, want := range map[time.Time]time.Duration{{}: 0, now.Add(time.Hour): time.Hour, now: time.Millisecond} {
		if got := In(now, change); got != want {
			t.Errorf("to %s: %s", change, got)
		}
	}
}
