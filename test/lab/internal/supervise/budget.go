package supervise

import "time"

// budget bounds how often a process is started again: at most `most` times within `window`, each time after a longer pause.
// A process that keeps failing is broken, and trying for ever would only hide it.
type budget struct {
	most   int
	window time.Duration
	first  time.Duration // the pause before the first restart, doubled with each further one
	recent []time.Time
}

// restartBudget lets a test kill a component now and then, and ends a lab whose component cannot run.
func restartBudget() budget {
	return budget{most: 5, window: 5 * time.Minute, first: 250 * time.Millisecond}
}

// take uses up one restart and says how long to wait before it, or that none is left.
func (b *budget) take(now time.Time) (pause time.Duration, ok bool) {
	var recent []time.Time
	for _, t := range b.recent {
		if now.Sub(t) < b.window {
			recent = append(recent, t)
		}
	}
	b.recent = recent
	if len(recent) >= b.most {
		return 0, false
	}
	b.recent = append(b.recent, now)
	return b.first << len(recent), true
}
