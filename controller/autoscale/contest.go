package autoscale

import "time"

// contest remembers who sets a count: ourselves, or somebody else. Somebody who undoes each of our writes (a GitOps tool whose
// manifest has a count) would be answered by us for ever, with pods coming and going. It is a value, and has no clock.
type contest struct {
	// theirs is the last count that we did not set, ours the last that we did; at is when, zero once it has been undone.
	theirs, ours int32
	at           time.Time
	// undone are the last times that theirs came back after ours.
	undone [undoneMost]time.Time
	// level counts the back-offs of a contest that goes on; 0 where there is none. Nothing is written before until.
	level int
	until time.Time
}

// A contest is on once a count has come back three times within ten minutes. Then the wait doubles with each time it does so
// again, and the contest is over once it has not for ten minutes after a wait.
const (
	undoneMost   = 3
	undoneWithin = 10 * time.Minute
	contestFirst = 30 * time.Second
	contestMost  = 10 * time.Minute
)

// begin notes the count that was there first.
func (c *contest) begin(count int32) { *c = contest{theirs: count} }

// wrote notes a write of our own.
func (c *contest) wrote(from, to int32, now time.Time) {
	if c.at.IsZero() {
		c.theirs = from
	}
	c.ours, c.at = to, now
}

// met notes a count that somebody else has set, and tells whether that begins a back-off.
func (c *contest) met(count int32, now time.Time) bool {
	back := !c.at.IsZero() && count == c.theirs && count != c.ours
	c.theirs, c.at = count, time.Time{}
	if !back {
		return false
	}
	copy(c.undone[1:], c.undone[:undoneMost-1])
	c.undone[0] = now
	oldest := c.undone[undoneMost-1]
	if c.level == 0 && (oldest.IsZero() || now.Sub(oldest) > undoneWithin) {
		return false
	}
	c.level++
	c.until = now.Add(c.wait())
	return true
}

// wait is the present back-off.
func (c *contest) wait() time.Duration {
	return min(contestFirst<<min(max(c.level-1, 0), 10), contestMost)
}

// on tells whether there is a contest, and ends one that has calmed down.
func (c *contest) on(now time.Time) bool {
	if c.level > 0 && now.Sub(c.until) > undoneWithin {
		c.level, c.undone = 0, [undoneMost]time.Time{}
	}
	return c.level > 0
}

// next is when a contest changes by itself: its wait is over, or it is.
func (c *contest) next(now time.Time) time.Time {
	if now.Before(c.until) {
		return c.until
	}
	return c.until.Add(undoneWithin + time.Second)
}

// holds tells whether nothing may be written now.
func (c *contest) holds(now time.Time) bool { return c.on(now) && now.Before(c.until) }
