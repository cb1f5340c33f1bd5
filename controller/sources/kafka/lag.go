package kafka

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// uncommitted is the committed offset of a partition that has none.
const uncommitted = -1

// partition of a topic.
type partition struct {
	topic string
	id    int32
}

// position is what is known of a partition, for one group.
type position struct {
	partition
	committed, start, end int64
}

// lag of a partition; never negative: a topic that was made anew has offsets before what was committed.
func (r *rules) lag(p position) int64 {
	switch {
	case p.committed != uncommitted:
		return max(0, p.end-p.committed)
	case r.invalidIsZero:
		return 0
	case r.earliest:
		return max(0, p.end-p.start)
	default:
		return 1
	}
}

// needsStart tells whether the lag depends on where the partition begins.
func (r *rules) needsStart(committed int64) bool {
	return committed == uncommitted && r.earliest && !r.invalidIsZero
}

// count is what the partitions of a group come to.
type count struct {
	// waiting is the lag that asks for pods: all but what is persistent. lagging is the number of partitions that have any.
	waiting, lagging int64
	// total is all lag. It is what activates, as in KEDA: neither a limit nor what is left out changes that.
	total int64
}

func (r *rules) count(positions []position, m *memory, now time.Time) count {
	var c count
	for _, p := range positions {
		lag := r.lag(p)
		c.total = sources.Sum(c.total, lag)
		if r.excludePersistent && p.committed != uncommitted && m.stuck(p, now) {
			continue
		}
		c.waiting = sources.Sum(c.waiting, lag)
		if lag > 0 {
			c.lagging++
		}
	}
	return c
}

// answer limits the value so that it asks for no pods that would have no partition.
func (r *rules) answer(positions []position, m *memory, now time.Time) sources.Reading {
	c := r.count(positions, m, now)
	reading := sources.Reading{Active: scaling.False}
	if milli(c.total) > r.activation {
		reading.Active = scaling.True
	}
	if c.waiting > 0 {
		reading.Value = milli(r.limit(c.waiting, int64(len(positions)), c.lagging))
	}
	return reading
}

// limit caps a lag above 0. KEDA's rounding lets one pod more than partitions through; this does not.
func (r *rules) limit(lag, partitions, lagging int64) int64 {
	switch {
	case r.even:
		return times(evenly(lag, partitions, r.threshold), r.threshold)
	case r.withLag:
		return min(lag, times(lagging, r.threshold))
	case r.idle:
		return lag
	default:
		return min(lag, times(partitions, r.threshold))
	}
}

// evenly gives the least divisor of the partitions that is enough pods for the lag; all partitions where none is.
func evenly(lag, partitions, threshold int64) int64 {
	for n := int64(1); n < partitions; n++ {
		if partitions%n == 0 && times(n, threshold) >= lag {
			return n
		}
	}
	return partitions
}

// times multiplies what is not negative, and saturates.
func times(a, b int64) int64 {
	if b != 0 && a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}

// persistentAfter is how long an offset has to stand still for its lag to be persistent: KEDA's default interval between
// readings, which is what KEDA compares over. Ours may be a second, and consumers commit every 5 by default.
const persistentAfter = 30 * time.Second

// forgetAfter is how long the offsets of a query are remembered that is not asked any more.
const forgetAfter = time.Hour

// memory is what a query's offsets were. Its zero value remembers nothing.
type memory struct {
	at   time.Time
	seen map[partition]standing
}

// standing is an offset and since when it has been that.
type standing struct {
	offset int64
	since  time.Time
}

// stuck notes an offset, and tells whether it has not moved for long.
func (m *memory) stuck(p position, now time.Time) bool {
	s, ok := m.seen[p.partition]
	if !ok || s.offset != p.committed {
		m.seen[p.partition] = standing{p.committed, now}
		return false
	}
	return now.Sub(s.since) >= persistentAfter
}

// keep forgets partitions that are none of the query's any more.
func (m *memory) keep(positions []position) {
	for p := range m.seen {
		if !slices.ContainsFunc(positions, func(q position) bool { return q.partition == p }) {
			delete(m.seen, p)
		}
	}
}

// memories are those of all queries that need one, by owner.
type memories map[string]*memory

// of gives a query's memory; nil where it needs none.
func (ms memories) of(q *query, now time.Time) *memory {
	if !q.rules.excludePersistent {
		return nil
	}
	m := ms[q.owner]
	if m == nil {
		m = &memory{seen: map[partition]standing{}}
		ms[q.owner] = m
	}
	m.at = now
	return m
}

// forget drops the memories of queries that are not asked any more.
func (ms memories) forget(now time.Time) {
	for owner, m := range ms {
		if now.Sub(m.at) > forgetAfter {
			delete(ms, owner)
		}
	}
}
