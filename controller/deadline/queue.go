// Package deadline is one queue of deadlines for any number of keys, served by a bounded pool of workers. A key is served
// by one worker at a time; woken while it is served, it is served again.
package deadline

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Serve does what is due for a key. It gives the time at which it wants to be called again; zero waits for a wake-up.
type Serve[K comparable] func(ctx context.Context, key K, now time.Time) time.Time

// Queue holds the deadlines. The zero value is not usable; see New.
type Queue[K comparable] struct {
	clock clock.Clock
	serve Serve[K]
	// late is told how long after its deadline a key is served.
	late func(time.Duration)

	mu      sync.Mutex
	entries map[K]*entry[K]
	due     order[K]
	// changed has a token when the head of the queue may have changed.
	changed chan struct{}
}

type entry[K comparable] struct {
	key   K
	at    time.Time
	index int // in the heap; -1 while it is not in there
	// running: a worker has it. again: woken meanwhile. gone: forgotten meanwhile.
	running, again, gone bool
}

// New makes a queue. late may be nil.
func New[K comparable](c clock.Clock, serve Serve[K], late func(time.Duration)) *Queue[K] {
	if late == nil {
		late = func(time.Duration) {}
	}
	return &Queue[K]{clock: c, serve: serve, late: late, entries: map[K]*entry[K]{}, changed: make(chan struct{}, 1)}
}

// Wake has the key served as soon as a worker is free. A key that is not known yet is taken up.
func (q *Queue[K]) Wake(key K) { q.WakeAt(key, q.clock.Now()) }

// WakeAt has the key served at a time, or earlier where it is due earlier.
func (q *Queue[K]) WakeAt(key K, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e, ok := q.entries[key]
	if !ok {
		e = &entry[K]{key: key, index: -1}
		q.entries[key] = e
	}
	e.gone = false
	if e.running {
		if !e.again || at.Before(e.at) {
			e.again, e.at = true, at
		}
		return
	}
	q.schedule(e, at)
}

// Forget drops the key. A worker that has it finishes first.
func (q *Queue[K]) Forget(key K) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e, ok := q.entries[key]
	if !ok {
		return
	}
	if e.running {
		e.gone, e.again = true, false
		return
	}
	if e.index >= 0 {
		heap.Remove(&q.due, e.index)
	}
	delete(q.entries, key)
}

// Len gives the number of keys.
func (q *Queue[K]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.entries)
}

// schedule puts an entry that no worker has in its place. The caller holds the lock.
func (q *Queue[K]) schedule(e *entry[K], at time.Time) {
	switch {
	case e.index < 0:
		e.at = at
		heap.Push(&q.due, e)
	case at.Before(e.at):
		e.at = at
		heap.Fix(&q.due, e.index)
	default:
		return
	}
	if e.index == 0 {
		q.signal()
	}
}

func (q *Queue[K]) signal() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// Run serves keys with a number of workers until the context ends, and returns when the workers have finished.
func (q *Queue[K]) Run(ctx context.Context, workers int) {
	work := make(chan *entry[K])
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for e := range work {
				q.run(ctx, e)
			}
		})
	}
	q.dispatch(ctx, work)
	close(work)
	pool.Wait()
}

// dispatch hands out what is due and sleeps until the next deadline.
func (q *Queue[K]) dispatch(ctx context.Context, work chan<- *entry[K]) {
	timer := q.clock.NewTimer(0)
	defer timer.Stop()
	for {
		e, wait := q.take()
		if e != nil {
			select {
			case work <- e:
				continue
			case <-ctx.Done():
				return
			}
		}
		timer.Reset(wait)
		select {
		case <-timer.C():
		case <-q.changed:
		case <-ctx.Done():
			return
		}
	}
}

// asleep is how long the dispatcher sleeps when nothing is queued.
const asleep = time.Hour

// take removes the head where it is due, else it says how long there is to wait.
func (q *Queue[K]) take() (*entry[K], time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.due) == 0 {
		return nil, asleep
	}
	head := q.due[0]
	if wait := head.at.Sub(q.clock.Now()); wait > 0 {
		return nil, wait
	}
	heap.Pop(&q.due)
	head.running = true
	return head, 0
}

func (q *Queue[K]) deadline(e *entry[K]) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return e.at
}

func (q *Queue[K]) run(ctx context.Context, e *entry[K]) {
	now := q.clock.Now()
	q.late(now.Sub(q.deadline(e)))
	next := q.serve(ctx, e.key, now)
	q.mu.Lock()
	defer q.mu.Unlock()
	e.running = false
	again := e.again
	e.again = false
	switch {
	case e.gone:
		delete(q.entries, e.key)
	case again && (next.IsZero() || e.at.Before(next)):
		q.schedule(e, e.at)
	case !next.IsZero():
		q.schedule(e, next)
	}
}
