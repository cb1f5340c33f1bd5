package polling

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

type nobody struct{}

func (nobody) Read(string, time.Duration, int, error) {}
func (nobody) Failed(string)                          {}

// memory is a server in memory. read may block, fail or count.
type memory struct {
	name   string
	read   func(ctx context.Context, n int) error
	closed atomic.Bool
}

type question struct {
	server *memory
	value  int64
}

func (q question) Server() string       { return q.server.name }
func (q question) Open() sources.Reader { return q.server }

func (m *memory) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	if err := m.read(ctx, len(queries)); err != nil {
		return nil, err
	}
	out := make([]sources.Reading, len(queries))
	for i, q := range queries {
		out[i].Value = q.(question).value
	}
	return out, nil
}

func (m *memory) Close() error { m.closed.Store(true); return nil }

func realServers(t *testing.T, limits Limits) *Servers {
	s := New(clock.RealClock{}, limits, nobody{})
	t.Cleanup(s.Stop)
	return s
}

func await(t *testing.T, answers <-chan sources.Reading) sources.Reading {
	t.Helper()
	select {
	case r := <-answers:
		return r
	case <-time.After(5 * time.Second):
		t.Fatal("no answer")
		return sources.Reading{}
	}
}

func TestQuestionsToOneServerAreOneBatch(t *testing.T) {
	var batches []int
	var mu sync.Mutex
	server := &memory{name: "a", read: func(_ context.Context, n int) error {
		mu.Lock()
		defer mu.Unlock()
		batches = append(batches, n)
		return nil
	}}
	servers := realServers(t, Limits{Linger: 50 * time.Millisecond, Timeout: time.Second})
	const n = 1000
	answers := make(chan [2]int64, n)
	for i := range int64(n) {
		servers.Subscribe(Topic{Query: question{server, i}, Answer: func(r sources.Reading) { answers <- [2]int64{i, r.Value} }}).Ask()
	}
	for range n {
		if a := <-answers; a[0] != a[1] {
			t.Fatalf("question %d got the answer of question %d", a[0], a[1])
		}
	}
	if len(batches) != 1 || batches[0] != n {
		t.Fatalf("batches of %v questions, want one of %d", batches, n)
	}
}

func TestHangingServerDelaysNobodyElse(t *testing.T) {
	hang := &memory{name: "hang", read: func(context.Context, int) error { select {} }} // ignores its context
	good := &memory{name: "good", read: func(context.Context, int) error { return nil }}
	servers := realServers(t, Limits{Timeout: 100 * time.Millisecond, BackoffFirst: time.Millisecond, BackoffMost: time.Millisecond})
	hung, answered := make(chan sources.Reading, 10), make(chan sources.Reading, 10)
	h := servers.Subscribe(Topic{Query: question{hang, 1}, Answer: func(r sources.Reading) { hung <- r }})
	g := servers.Subscribe(Topic{Query: question{good, 2}, Answer: func(r sources.Reading) { answered <- r }})
	h.Ask()
	for range 5 {
		began := time.Now()
		g.Ask()
		if r := await(t, answered); r.Err != nil || time.Since(began) > 80*time.Millisecond {
			t.Fatalf("the other server answered %v after %s", r.Err, time.Since(began))
		}
	}
	if r := await(t, hung); r.Err == nil {
		t.Fatal("a server that hangs answered")
	}
	h.Ask() // its goroutine is still out: no second one is sent after it
	if r := await(t, hung); r.Err == nil || r.Err.Error() != "still waiting for an earlier answer" {
		t.Fatalf("got %v", r.Err)
	}
}

func TestBackoffAndRecovery(t *testing.T) {
	var down atomic.Bool
	var reads atomic.Int32
	down.Store(true)
	server := &memory{name: "a", read: func(context.Context, int) error {
		reads.Add(1)
		if down.Load() {
			return errors.New("down")
		}
		return nil
	}}
	c := clocktesting.NewFakeClock(time.Unix(0, 0))
	servers := New(c, Limits{Timeout: time.Hour, BackoffFirst: time.Second, BackoffMost: 4 * time.Second}, nobody{})
	t.Cleanup(servers.Stop)
	answers := make(chan sources.Reading, 10)
	q := servers.Subscribe(Topic{Query: question{server, 7}, Answer: func(r sources.Reading) { answers <- r }})
	q.Ask()
	if r := await(t, answers); r.Err == nil {
		t.Fatal("want an error")
	}
	for _, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
		before := reads.Load()
		q.Ask()
		q.Ask() // asking again does nothing
		for !c.HasWaiters() {
			time.Sleep(time.Millisecond)
		}
		c.Step(wait * 74 / 100)
		time.Sleep(5 * time.Millisecond)
		if reads.Load() != before {
			t.Fatalf("asked again before %s had passed", wait*75/100)
		}
		c.Step(wait * 52 / 100)
		await(t, answers)
	}
	down.Store(false)
	q.Ask()
	for len(answers) == 0 {
		c.Step(time.Second)
		time.Sleep(time.Millisecond)
	}
	if r := await(t, answers); r.Err != nil || r.Value != 7 {
		t.Fatalf("after recovery: %+v", r)
	}
}

func TestLastSubscriptionClosesTheServer(t *testing.T) {
	server := &memory{name: "a", read: func(context.Context, int) error { return nil }}
	servers := realServers(t, Limits{Timeout: time.Second})
	one := servers.Subscribe(Topic{Query: question{server, 1}, Answer: func(sources.Reading) {}})
	two := servers.Subscribe(Topic{Query: question{server, 2}, Answer: func(sources.Reading) {}})
	one.Close()
	one.Close()
	if servers.Len() != 1 {
		t.Fatalf("%d servers, want 1", servers.Len())
	}
	two.Close()
	for !server.closed.Load() {
		time.Sleep(time.Millisecond)
	}
	if servers.Len() != 0 {
		t.Fatalf("%d servers, want 0", servers.Len())
	}
	two.Ask() // harmless
}

func TestAlign(t *testing.T) {
	now := time.Unix(1767225600, 123456789)
	first := Align(now, time.Second, "redis://a")
	for i := range 1000 {
		at := now.Add(time.Duration(i) * time.Millisecond)
		next := Align(at, time.Second, "redis://a")
		if !next.After(at) || next.Sub(at) > time.Second {
			t.Fatalf("next turn after %s is %s", at, next)
		}
		if next.Sub(first)%time.Second != 0 {
			t.Fatalf("turns %s and %s are not in one rhythm", first, next)
		}
	}
	distinct := map[int]bool{}
	for i := range 50 {
		distinct[Align(now, time.Second, fmt.Sprint(i)).Nanosecond()] = true
	}
	if len(distinct) < 40 {
		t.Fatalf("50 servers share %d turns", len(distinct))
	}
}
