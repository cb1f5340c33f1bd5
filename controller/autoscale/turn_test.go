package autoscale

import (
	"testing"
	"time"
)

// TestTurn: a time on the clock becomes one that setting the clock does not move, and is looked at again soon.
func TestTurn(t *testing.T) {
	now := time.Now()
	wall := now.Round(0) // as the engine gives it
	for name, test := range map[string]struct{ at, want time.Time }{
		"never":         {},
		"soon":          {wall.Add(10 * time.Second), now.Add(10 * time.Second)},
		"tonight":       {wall.Add(9 * time.Hour), now.Add(glance)},
		"it has passed": {wall.Add(-time.Second), now.Add(-time.Second)},
	} {
		if got := turn(test.at, now); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
