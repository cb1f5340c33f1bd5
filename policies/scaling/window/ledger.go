package window

import (
	"iter"
	"math"
)

// Change is what was added and removed at once, or, where entries were merged, around one time.
type Change struct {
	At             int64
	Added, Removed int32
}

// Ledger remembers recent changes of a count. The zero value is empty.
type Ledger struct {
	n       int8
	changes [Capacity]Change
}

// Add takes in a change of the count at a time, and forgets what is not younger than after.
func (l *Ledger) Add(at int64, change int32, after int64) {
	l.forget(after)
	if int(l.n) == Capacity {
		l.merge()
	}
	l.changes[l.n] = Change{At: at, Added: max(change, 0), Removed: max(-change, 0)}
	l.n++
}

// Sum gives what was added and removed by changes younger than after.
func (l *Ledger) Sum(after int64) (added, removed int64) {
	for i := range l.n {
		if l.changes[i].At > after {
			added += int64(l.changes[i].Added)
			removed += int64(l.changes[i].Removed)
		}
	}
	return added, removed
}

// Oldest gives the time of the oldest change younger than after.
func (l *Ledger) Oldest(after int64) (at int64, ok bool) {
	for i := range l.n {
		if l.changes[i].At > after {
			return l.changes[i].At, true
		}
	}
	return 0, false
}

// All gives the changes, oldest first.
func (l *Ledger) All() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for i := range l.n {
			if !yield(l.changes[i]) {
				return
			}
		}
	}
}

// Restore appends a change as it was, merged or not. It is for reading what All gave.
func (l *Ledger) Restore(c Change) {
	if int(l.n) == Capacity {
		l.merge()
	}
	l.changes[l.n] = c
	l.n++
}

// Shift moves all times, as when the clock was set.
func (l *Ledger) Shift(by int64) {
	for i := range l.n {
		l.changes[i].At += by
	}
}

func (l *Ledger) forget(after int64) {
	var kept int8
	for i := range l.n {
		if l.changes[i].At > after {
			l.changes[kept] = l.changes[i]
			kept++
		}
	}
	l.n = kept
}

func (l *Ledger) merge() {
	var at [Capacity]int64
	for i := range l.n {
		at[i] = l.changes[i].At
	}
	i := densest(at[:l.n])
	first, second := l.changes[i], &l.changes[i+1]
	second.Added = sum(first.Added, second.Added)
	second.Removed = sum(first.Removed, second.Removed)
	copy(l.changes[i:], l.changes[i+1:l.n])
	l.n--
}

func sum(a, b int32) int32 { return int32(min(int64(a)+int64(b), math.MaxInt32)) }
