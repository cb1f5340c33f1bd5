// Package fence keeps a process that has stopped leading without knowing it from writing: one that was frozen for longer than
// its lease runs wakes up in the middle of a decision, and somebody else leads by then.
package fence

import (
	"sync"
	"time"
)

// Fence is open for a while after each renewal of the lease, and closed otherwise. See New. It may be used from anywhere.
type Fence struct {
	limit time.Duration
	now   func() moment

	mu sync.Mutex
	// held is true from a renewal on, until the lease is known not to be ours.
	held    bool
	renewed moment
}

// New makes a fence that is closed. The limit is how long it is open after a renewal was begun: the renew deadline of the
// election, so that until somebody else may lead there is time left for what was let through.
func New(limit time.Duration) *Fence {
	start := time.Now()
	return &Fence{limit: limit, now: func() moment {
		now := time.Now()
		return moment{running: now.Sub(start), wall: now.Round(0)}
	}}
}

// moment is a time on two clocks. One runs while the process is stopped, and nobody can set it, but it stands still while the
// machine sleeps (Linux' CLOCK_MONOTONIC). The other one shows that sleep, and can be set.
type moment struct {
	running time.Duration
	wall    time.Time
}

// since is the time that has passed by the clock that shows more of it. A clock that is set forward closes a fence until the
// next renewal; one that is set back opens none.
func (m moment) since(earlier moment) time.Duration {
	return max(m.running-earlier.running, m.wall.Sub(earlier.wall))
}

// left is how long the fence stays open without another renewal; 0 where it is closed.
func (f *Fence) left() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.held {
		return 0
	}
	return max(0, f.limit-f.now().since(f.renewed))
}

// renew opens the fence from a moment on: the one before the lease was renewed.
func (f *Fence) renew(at moment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held, f.renewed = true, at
}

// lose closes the fence.
func (f *Fence) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = false
}
