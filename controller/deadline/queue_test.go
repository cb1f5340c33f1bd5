package deadline

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// rig is a queue whose clock the test moves, with a record of who was served.
type rig struct {
	t      *testing.T
	clock  *clocktesting.FakeClock
	queue  *Queue[string]
	served chan string
}

func newRig(t *testing.T, serve Serve[string]) *rig {
	r := &rig{t: t, clock: clocktesting.NewFakeClock(time.Unix(0, 0)), served: make(chan string, 1000)}
	r.queue = New(r.clock, func(ctx context.Context, key string, now time.Time) time.Time {
		next := serve(ctx, key, now)
		r.served <- key
		return next
	}, nil)
	return r
}

func (r *rig) run(workers int) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { r.queue.Run(ctx, workers); close(done) }()
	r.t.Cleanup(func() { cancel(); <-done })
}

// step moves the clock once the dispatcher sleeps on it.
func (r *rig) step(d time.Duration) {
	r.t.Helper()
	for !r.clock.HasWaiters() {
		time.Sleep(time.Millisecond)
	}
	r.clock.Step(d)
}

func (r *rig) expect(keys ...string) {
	r.t.Helper()
	got := map[string]int{}
	for range keys {
		select {
		case key := <-r.served:
			got[key]++
		case <-time.After(5 * time.Second):
			r.t.Fatalf("served %v of %v", got, keys)
		}
	}
	for _, key := range keys {
		if got[key]--; got[key] < 0 {
			r.t.Fatalf("served %v, want %v", got, keys)
		}
	}
}

func (r *rig) quiet() {
	r.t.Helper()
	select {
	case key := <-r.served:
		r.t.Fatalf("%s was served and should not have been", key)
	case <-time.After(30 * time.Millisecond):
	}
}

func every(intervals map[string]time.Duration) Serve[string] {
	return func(_ context.Context, key string, now time.Time) time.Time {
		if intervals[key] == 0 {
			return time.Time{}
		}
		return now.Add(intervals[key])
	}
}

func TestEachKeyHasItsOwnInterval(t *testing.T) {
	r := newRig(t, every(map[string]time.Duration{"fast": time.Second, "slow": 3 * time.Second}))
	r.queue.Wake("fast")
	r.queue.Wake("slow")
	r.run(2)
	r.expect("fast", "slow")
	r.step(time.Second)
	r.expect("fast")
	r.step(time.Second)
	r.expect("fast")
	r.step(time.Second)
	r.expect("fast", "slow")
	r.quiet()
}

func TestWakeBringsForward(t *testing.T) {
	r := newRig(t, every(map[string]time.Duration{"a": time.Hour}))
	r.queue.Wake("a")
	r.run(1)
	r.expect("a")
	r.queue.Wake("a")
	r.expect("a")
	r.queue.WakeAt("a", r.clock.Now().Add(time.Minute))
	r.quiet()
	r.step(time.Minute)
	r.expect("a")
}

func TestWokenWhileServedIsServedAgainAndNeverTwiceAtOnce(t *testing.T) {
	var running, most atomic.Int32
	release := make(chan struct{})
	r := newRig(t, func(context.Context, string, time.Time) time.Time {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		<-release
		running.Add(-1)
		return time.Time{}
	})
	r.queue.Wake("a")
	r.run(4)
	for running.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	r.queue.Wake("a")
	r.queue.Wake("a")
	close(release)
	r.expect("a", "a")
	r.quiet()
	if most.Load() != 1 {
		t.Fatalf("%d workers had the key at once", most.Load())
	}
}

func TestWorkersAreBounded(t *testing.T) {
	var running, most atomic.Int32
	var once sync.Once
	full, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(context.Context, string, time.Time) time.Time {
		n := running.Add(1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		if n == 3 {
			once.Do(func() { close(full) })
		}
		<-release
		running.Add(-1)
		return time.Time{}
	})
	keys := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for _, key := range keys {
		r.queue.Wake(key)
	}
	r.run(3)
	<-full
	close(release)
	r.expect(keys...)
	if most.Load() > 3 {
		t.Fatalf("%d keys were served at once by 3 workers", most.Load())
	}
}

func TestForgottenIsNotServed(t *testing.T) {
	r := newRig(t, every(map[string]time.Duration{"a": time.Second, "b": time.Second}))
	r.queue.Wake("a")
	r.queue.Wake("b")
	r.run(1)
	r.expect("a", "b")
	r.queue.Forget("a")
	r.step(time.Second)
	r.expect("b")
	r.quiet()
	if r.queue.Len() != 1 {
		t.Fatalf("%d keys left, want 1", r.queue.Len())
	}
}

func TestForgottenWhileServedGoesWhenDone(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(_ context.Context, _ string, now time.Time) time.Time {
		close(started)
		<-release
		return now.Add(time.Second)
	})
	r.queue.Wake("a")
	r.run(1)
	<-started
	r.queue.Forget("a")
	close(release)
	r.expect("a")
	for r.queue.Len() > 0 {
		time.Sleep(time.Millisecond)
	}
	r.clock.Step(time.Minute)
	r.quiet()
}
