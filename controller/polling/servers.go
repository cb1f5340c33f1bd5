// Package polling reads sources: questions to the same server are gathered into one batch, a server that fails is left
// alone for a while, and a server that hangs holds up only those who asked it.
package polling

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Observer is told of every batch. It is the metrics' side of this package.
type Observer interface {
	// Read is told the kind of source, how long a batch took, how many questions it had, and how it ended.
	Read(source string, took time.Duration, questions int, err error)
	// Failed is told of a question without an answer.
	Failed(source string)
}

// Limits of how servers are read. The zero value is not usable; see DefaultLimits.
type Limits struct {
	// Linger is how long the first question waits for others to share its batch.
	Linger time.Duration
	// Timeout bounds a batch.
	Timeout time.Duration
	// BackoffFirst and BackoffMost bound how long a failing server is left alone.
	BackoffFirst, BackoffMost time.Duration
}

// DefaultLimits are the limits for production.
func DefaultLimits() Limits {
	return Limits{Linger: 5 * time.Millisecond, Timeout: 5 * time.Second, BackoffFirst: time.Second, BackoffMost: 30 * time.Second}
}

// Servers are all servers that somebody asks. Its methods may be called from anywhere.
type Servers struct {
	clock    clock.Clock
	limits   Limits
	observer Observer

	mu      sync.Mutex
	servers map[string]*server
	// ctx is the life of the goroutines that read, which start on demand; stop ends it.
	ctx  context.Context
	stop context.CancelFunc
}

// New makes an empty set.
func New(c clock.Clock, limits Limits, observer Observer) *Servers {
	s := &Servers{clock: c, limits: limits, observer: observer, servers: map[string]*server{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Stop ends all reading, for good.
func (s *Servers) Stop() { s.stop() }

// Topic is what a subscription is about.
type Topic struct {
	// Source is the kind of source, for metrics.
	Source string
	Query  sources.Query
	// Answer takes readings. It must not block.
	Answer func(sources.Reading)
}

// Subscribe prepares to ask. The server is opened for the first and closed after the last subscription.
func (s *Servers) Subscribe(t Topic) *Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := t.Query.Server()
	srv, ok := s.servers[name]
	if !ok {
		srv = &server{owner: s, name: name, source: t.Source, reader: t.Query.Open()}
		s.servers[name] = srv
	}
	srv.subscribers++
	q := &Subscription{topic: t, server: srv, unwatch: func() {}}
	if w, ok := t.Query.(Watched); ok {
		ctx, cancel := context.WithCancel(s.ctx)
		q.unwatch = cancel
		go w.Watch(ctx, srv.reader, q.Ask)
	}
	return q
}

// Watched is a query whose server tells of news by itself.
type Watched interface {
	// Watch calls notify when the question is worth asking at once, until the context ends. It mends what breaks, with a
	// back-off, and may use the reader beside its reading.
	Watch(ctx context.Context, r sources.Reader, notify func())
}

// Len gives the number of servers.
func (s *Servers) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.servers)
}

// drop lets go of a subscription.
func (s *Servers) drop(srv *server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	srv.subscribers--
	if srv.subscribers > 0 {
		return
	}
	delete(s.servers, srv.name)
	srv.close()
}

// Align gives the next turn after now in a rhythm that is the same for all who ask the same server, so that they share
// batches, and differs between servers, so that they do not all have their turn at once.
func Align(now time.Time, interval time.Duration, name string) time.Time {
	if interval <= 0 {
		return now
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	offset := int64(h.Sum64() % uint64(interval))
	passed := (now.UnixNano() - offset) % int64(interval)
	if passed < 0 {
		passed += int64(interval)
	}
	return now.Add(interval - time.Duration(passed))
}
