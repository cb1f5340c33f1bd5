package window

import "iter"

// Sense says which end of the values counts.
type Sense int32

// The senses.
const (
	Highest Sense = 1
	Lowest  Sense = -1
)

// Extreme remembers as many recent values as it takes to know their extreme at any later time. Only a value that is
// further out than all that came after it can ever be the answer, so the others are forgotten at once. The zero value is
// empty. One Extreme is used with one Sense throughout.
type Extreme struct {
	n     int8
	at    [Capacity]int64
	value [Capacity]int32 // ever less extreme
}

// Add takes in a value seen at a time, and forgets what is not younger than after. Times do not run backwards: an earlier
// one counts as the latest.
func (e *Extreme) Add(sense Sense, at int64, value int32, after int64) {
	e.forget(after)
	if e.n > 0 {
		at = max(at, e.at[e.n-1])
	}
	for e.n > 0 && int32(sense)*value >= int32(sense)*e.value[e.n-1] {
		e.n--
	}
	if int(e.n) == Capacity {
		e.merge()
	}
	e.at[e.n], e.value[e.n] = at, value
	e.n++
}

// Of gives the extreme of the values younger than after, and when it was seen.
func (e *Extreme) Of(after int64) (value int32, at int64, ok bool) {
	for i := range e.n {
		if e.at[i] > after {
			return e.value[i], e.at[i], true
		}
	}
	return 0, 0, false
}

// All gives the entries, oldest first.
func (e *Extreme) All() iter.Seq2[int64, int32] {
	return func(yield func(int64, int32) bool) {
		for i := range e.n {
			if !yield(e.at[i], e.value[i]) {
				return
			}
		}
	}
}

// Shift moves all times, as when the clock was set.
func (e *Extreme) Shift(by int64) {
	for i := range e.n {
		e.at[i] += by
	}
}

func (e *Extreme) forget(after int64) {
	var old int8
	for old < e.n && e.at[old] <= after {
		old++
	}
	if old == 0 {
		return
	}
	copy(e.at[:], e.at[old:e.n])
	copy(e.value[:], e.value[old:e.n])
	e.n -= old
}

// merge makes one of two neighbours: the more extreme value, seen at the later time.
func (e *Extreme) merge() {
	i := densest(e.at[:e.n])
	copy(e.at[i:], e.at[i+1:e.n])
	copy(e.value[i+1:], e.value[i+2:e.n])
	e.n--
}

// densest finds the first of the two neighbours that, made one, stand for the shortest time: from the entry before them to
// the second. (Taking those closest to each other would let one entry swallow all that follow and never grow old.)
func densest(at []int64) int {
	best := 1
	for i := 1; i < len(at)-1; i++ {
		if at[i+1]-at[i-1] < at[best+1]-at[best-1] {
			best = i
		}
	}
	return best
}
