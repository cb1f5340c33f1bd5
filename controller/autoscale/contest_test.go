package autoscale

import (
	"testing"
	"time"
)

// story is what happens to a count, one move after the other.
type move struct {
	after  time.Duration
	ours   int32 // our write, if it is above 0
	theirs int32 // else somebody else's
}

func TestContest(t *testing.T) {
	flip := func(after time.Duration) []move { return []move{{0, 5, 0}, {after, 0, 3}} }
	times := func(n int, moves ...move) []move {
		var all []move
		for range n {
			all = append(all, moves...)
		}
		return all
	}
	for name, test := range map[string]struct {
		moves []move
		level int
	}{
		"one manual change":               {[]move{{0, 5, 0}, {time.Minute, 0, 3}}, 0},
		"twice":                           {times(2, flip(time.Minute)...), 0},
		"three times in ten minutes":      {times(3, flip(time.Minute)...), 1},
		"three times in an hour":          {times(3, flip(20*time.Minute)...), 0},
		"goes on":                         {times(5, flip(time.Minute)...), 3},
		"always to another count":         {[]move{{0, 5, 0}, {1, 0, 4}, {1, 5, 0}, {1, 0, 6}, {1, 5, 0}, {1, 0, 7}, {1, 5, 0}, {1, 0, 8}}, 0},
		"not after writes of ours":        {times(5, move{time.Second, 0, 3}, move{time.Second, 0, 4}), 0},
		"to its count whatever ours is":   {[]move{{0, 4, 0}, {1, 0, 3}, {1, 7, 0}, {1, 9, 0}, {1, 0, 3}, {1, 2, 0}, {1, 0, 3}}, 1},
		"calm for long, and then as new":  {append(times(3, flip(time.Minute)...), append([]move{{30 * time.Minute, 5, 0}}, flip(time.Minute)...)...), 0},
		"calm for a while is not the end": {append(times(3, flip(time.Minute)...), append([]move{{3 * time.Minute, 5, 0}}, flip(time.Minute)...)...), 2},
	} {
		t.Run(name, func(t *testing.T) {
			var c contest
			c.begin(3)
			now, count := time.Unix(1767225600, 0), int32(3)
			for _, m := range test.moves {
				now = now.Add(m.after)
				c.on(now)
				if m.ours > 0 {
					c.wrote(count, m.ours, now)
					count = m.ours
					continue
				}
				c.met(m.theirs, now)
				count = m.theirs
			}
			if c.level != test.level {
				t.Errorf("level %d, want %d", c.level, test.level)
			}
		})
	}
}

func TestContestWaitsLongerEachTime(t *testing.T) {
	var c contest
	c.begin(3)
	now := time.Unix(1767225600, 0)
	var waits []time.Duration
	for range 9 {
		c.wrote(3, 5, now)
		now = now.Add(time.Second)
		if c.met(3, now) {
			waits = append(waits, c.until.Sub(now))
			if !c.holds(now) || c.holds(c.until) {
				t.Fatalf("holds from %v to %v: %v, %v", now, c.until, c.holds(now), c.holds(c.until))
			}
			now = c.until
		}
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, contestMost, contestMost}
	if len(waits) != len(want) {
		t.Fatalf("waits %v, want %v", waits, want)
	}
	for i := range want {
		if waits[i] != want[i] {
			t.Errorf("wait %d is %s, want %s", i, waits[i], want[i])
		}
	}
	if c.on(c.until.Add(undoneWithin + time.Second)) {
		t.Error("it never ends")
	}
}
