package polling

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// server is one server. A goroutine serves it while there are questions, and one more reads; never more.
type server struct {
	owner       *Servers
	name        string
	source      string
	reader      sources.Reader
	subscribers int // guarded by owner.mu

	mu      sync.Mutex
	pending []*Subscription
	serving bool
	// reading is true until a read has come back, be it long after its time.
	reading, closed bool
	failures        int
	retryAt         time.Time
}

// ask enqueues a question.
func (s *server) ask(q *Subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || q.asked {
		return
	}
	q.asked = true
	s.pending = append(s.pending, q)
	if !s.serving {
		s.serving = true
		go s.serve()
	}
}

// serve reads batch after batch until nobody asks.
func (s *server) serve() {
	for s.pause() {
		batch := s.take()
		if len(batch) == 0 {
			return
		}
		s.answer(batch, s.read(batch))
	}
}

// pause waits for others to join the batch, or for the end of the back-off. It is false when reading has ended.
func (s *server) pause() bool {
	s.mu.Lock()
	wait := max(s.owner.limits.Linger, s.retryAt.Sub(s.owner.clock.Now()))
	s.mu.Unlock()
	if wait > 0 {
		timer := s.owner.clock.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C():
		case <-s.owner.ctx.Done():
		}
	}
	return s.owner.ctx.Err() == nil
}

// take gives what was asked. With nothing asked the serving ends.
func (s *server) take() []*Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.pending
	s.pending = nil
	if len(batch) == 0 || s.closed {
		s.serving = false
		return nil
	}
	return batch
}

// outcome is what a batch came to.
type outcome struct {
	readings []sources.Reading
	err      error
	at       time.Time
}

// read reads one batch within the time limit. A reader that ignores its context is left behind, and not asked again
// before it has come back.
func (s *server) read(batch []*Subscription) outcome {
	if !s.begin() {
		return outcome{err: errors.New("still waiting for an earlier answer"), at: s.owner.clock.Now()}
	}
	queries := make([]sources.Query, len(batch))
	for i, q := range batch {
		queries[i] = q.topic.Query
	}
	limits := s.owner.limits
	began := s.owner.clock.Now()
	ctx, cancel := context.WithTimeout(s.owner.ctx, limits.Timeout)
	done := make(chan outcome, 1)
	go func() {
		defer cancel()
		readings, err := s.reader.Read(ctx, queries)
		s.end()
		done <- outcome{readings, err, s.owner.clock.Now()}
	}()
	timer := s.owner.clock.NewTimer(limits.Timeout + limits.Timeout/10)
	defer timer.Stop()
	var out outcome
	select {
	case out = <-done:
	case <-timer.C():
		out = outcome{err: fmt.Errorf("no answer within %s", limits.Timeout), at: s.owner.clock.Now()}
	}
	s.owner.observer.Read(s.source, out.at.Sub(began), len(batch), out.err)
	return out
}

// begin says whether a read may start.
func (s *server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reading {
		return false
	}
	s.reading = true
	return true
}

func (s *server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading = false
}

// answer hands the readings out, and puts the next batch off where the server failed.
func (s *server) answer(batch []*Subscription, out outcome) {
	if out.err == nil && len(out.readings) != len(batch) {
		out.err = fmt.Errorf("%d answers to %d questions", len(out.readings), len(batch))
	}
	s.settle(batch, out.err)
	for i, q := range batch {
		r := sources.Reading{Err: out.err, Outage: true}
		if out.err == nil {
			r = out.readings[i]
		}
		if r.Time.IsZero() {
			r.Time = out.at
		}
		if r.Err != nil {
			s.owner.observer.Failed(s.source)
		}
		q.topic.Answer(r)
	}
}

// settle frees the questions for being asked again, and counts failures in a row.
func (s *server) settle(batch []*Subscription, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range batch {
		q.asked = false
	}
	if err == nil {
		s.failures, s.retryAt = 0, time.Time{}
		return
	}
	s.failures++
	s.retryAt = s.owner.clock.Now().Add(s.owner.limits.backoff(s.failures))
}

// backoff doubles with every failure and is spread by a quarter either way, so that servers that fail together do not come
// back together.
func (l *Limits) backoff(failures int) time.Duration {
	d := l.BackoffFirst
	for range failures - 1 {
		if d *= 2; d >= l.BackoffMost {
			d = l.BackoffMost
			break
		}
	}
	return time.Duration(float64(d) * (0.75 + rand.Float64()/2)) //nolint:gosec // spreads load, keeps no secret
}

// close lets go of the server. What is asked meanwhile has no answer.
func (s *server) close() {
	s.mu.Lock()
	s.closed, s.pending = true, nil
	s.mu.Unlock()
	go func() { _ = s.reader.Close() }() // it may wait for a read that is under way; nobody can act on its error
}

// Subscription is one question that is asked again and again.
type Subscription struct {
	topic  Topic
	server *server
	asked  bool // guarded by server.mu
	once   sync.Once
	// unwatch ends the watching of a Watched query.
	unwatch func()
}

// Ask asks. The answer comes to Topic.Answer; until then asking again does nothing.
func (q *Subscription) Ask() { q.server.ask(q) }

// Close ends the subscription. An answer may still come.
func (q *Subscription) Close() {
	q.once.Do(func() {
		q.unwatch()
		q.server.owner.drop(q.server)
	})
}
