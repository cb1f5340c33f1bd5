package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

type reader struct {
	access access
	dial   dialer
	now    func() time.Time
	// memories belong to Read, which is never called twice at once.
	memories memories

	mu sync.Mutex
	// client is nil before the first read and after an outage.
	client *kgo.Client
	closed bool
}

func newReader(a access, dial dialer) *reader {
	return &reader{access: a, dial: dial, now: time.Now, memories: memories{}}
}

// connect gives the client, which dials when it is first asked.
func (r *reader) connect() (*kgo.Client, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("the reader is closed")
	}
	var err error
	if r.client == nil {
		r.client, err = kgo.NewClient(r.access.options(r.dial)...)
	}
	return r.client, err
}

func (r *reader) hangUp() {
	r.mu.Lock()
	client := r.client
	r.client = nil
	r.mu.Unlock()
	if client != nil {
		client.Close()
	}
}

// Close closes the connections, for good.
func (r *reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.hangUp()
	return nil
}

// Read gives the lag of each group. Offsets that are committed are read before the ends of the partitions, so that a lag is
// what was there at one time or a little more, and never less.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := r.connect()
	if err != nil {
		return nil, fmt.Errorf("kafka %s: %w", r.access.name(), err)
	}
	x := newRound(client, queries)
	if err := x.run(ctx); err != nil {
		r.hangUp()
		return nil, r.access.outage(err)
	}
	now := r.now()
	readings := make([]sources.Reading, len(queries))
	for i, q := range x.queries {
		readings[i] = r.reading(x, q, now)
	}
	r.memories.forget(now)
	return readings, nil
}

func (r *reader) reading(x *round, q *query, now time.Time) sources.Reading {
	positions, err := x.positions(q)
	if err != nil {
		return sources.Reading{Err: err}
	}
	m := r.memories.of(q, now)
	reading := q.rules.answer(positions, m, now)
	if m != nil {
		m.keep(positions)
	}
	return reading
}

// positions puts together what is known of the partitions that a query looks at.
func (x *round) positions(q *query) ([]position, error) {
	partitions, err := x.partitionsOf(q)
	if err != nil {
		return nil, err
	}
	out := make([]position, 0, len(partitions))
	for _, p := range partitions {
		committed, err := x.committed(q, p)
		if err != nil {
			return nil, ofGroup(q.group, err)
		}
		at := position{partition: p, committed: committed}
		if committed != uncommitted || q.rules.needsStart(committed) {
			end := x.ends.of(p)
			if end.err != nil {
				return nil, ofPartition(p, end.err)
			}
			at.end = end.at
		}
		if q.rules.needsStart(committed) {
			start := x.starts.of(p)
			if start.err != nil {
				return nil, ofPartition(p, start.err)
			}
			at.start = start.at
		}
		out = append(out, at)
	}
	return out, nil
}

// partitionsOf lists the partitions that a query looks at, of which there has to be one.
func (x *round) partitionsOf(q *query) ([]partition, error) {
	topics, err := x.topicsOf(q)
	if err != nil {
		return nil, err
	}
	var out []partition
	for _, topic := range topics {
		t := x.topics[topic]
		if t.err != nil {
			return nil, ofTopic(topic, t.err)
		}
		before := len(out)
		for _, id := range t.partitions {
			if q.counts(id) {
				out = append(out, partition{topic, id})
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("topic %q has none of the partitions of partitionLimitation", topic)
		}
	}
	return out, nil
}

// topicsOf lists the topics of a query. A group without commits says nothing about its topics.
func (x *round) topicsOf(q *query) ([]string, error) {
	if q.topics != nil {
		return q.topics, nil
	}
	g := x.whole[q.group]
	if g == nil || g.err != nil {
		return nil, ofGroup(q.group, x.whole.err(q.group))
	}
	if len(g.offsets) == 0 {
		return nil, fmt.Errorf("consumer group %q has committed no offsets, so that its topics are not known; topic names one", q.group)
	}
	var topics []string
	for p := range g.offsets {
		if !slices.Contains(topics, p.topic) {
			topics = append(topics, p.topic)
		}
	}
	slices.Sort(topics)
	return topics, nil
}

func (x *round) committed(q *query, p partition) (int64, error) {
	commits := x.commits
	if q.topics == nil {
		commits = x.whole
	}
	if err := commits.err(q.group); err != nil {
		return 0, err
	}
	at, ok := commits[q.group].offsets[p]
	if !ok {
		return uncommitted, nil
	}
	return at.at, at.err
}
