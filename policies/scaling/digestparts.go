package scaling

import (
	"math"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/scaling/window"
)

func (r *reader) count(text string) int32 { return int32(r.between(text, 0, math.MaxInt32)) }

// time reads milliseconds before the digest's own time.
func (r *reader) time(text string) int64 {
	if r.at <= 0 {
		r.fail("comes before the digest's time")
	}
	return r.at - r.between(text, 0, max(0, r.at))
}

// list goes through the entries of a list, as many as a window can hold.
func (r *reader) list(text string, most int, each func(entry string)) {
	entries := strings.Split(text, ",")
	if len(entries) > most {
		r.fail("has %d entries; legal are at most %d", len(entries), most)
		return
	}
	for _, entry := range entries {
		each(entry)
	}
}

func (r *reader) extreme(e *window.Extreme, sense window.Sense, text string) {
	r.list(text, window.Capacity, func(entry string) {
		before, value, _ := strings.Cut(entry, ":")
		e.Add(sense, r.time(before), r.count(value), math.MinInt64)
	})
}

func (r *reader) writes(l *window.Ledger, text string) {
	r.list(text, window.Capacity, func(entry string) {
		before, change, _ := strings.Cut(entry, ":+")
		added, removed, _ := strings.Cut(change, "-")
		l.Restore(window.Change{At: r.time(before), Added: r.count(added), Removed: r.count(removed)})
	})
}

func (r *reader) write(text string) write {
	before, counts, _ := strings.Cut(text, ":")
	from, to, _ := strings.Cut(counts, ":")
	return write{at: r.time(before), from: r.count(from), to: r.count(to)}
}

func (r *reader) failures(text string) []source {
	var sources []source
	r.list(text, 2*MaxSignals, func(entry string) {
		n := r.count(entry)
		one := source{failures: n}
		if n > 0 {
			one.silentSince, one.carried = r.at, true
		}
		sources = append(sources, one)
	})
	return sources
}
