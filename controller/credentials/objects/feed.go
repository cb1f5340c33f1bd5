package objects

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
)

// feed is one object, and who follows it. A goroutine feeds it while it can be watched.
//
//	idle      nothing runs: never read, or watching is not allowed. Reading it starts the goroutine where it is due.
//	running   the goroutine reads it, or watches it. What was known last is believed, also while a watch is broken: the
//	          API server that does not answer is no reason to stop asking sources.
type feed struct {
	owner *Objects
	ref   Ref
	ctx   context.Context
	end   context.CancelFunc

	mu        sync.Mutex
	followers map[*Follower]struct{}
	running   bool
	// known is closed once the object, or an error, is known since the goroutine was started.
	known chan struct{}
	state state
	// at is when the state was read; zero before that.
	at         time.Time
	distrusted bool
}

// state is what is known of an object.
type state struct {
	object client.Object
	err    error
}

func newFeed(o *Objects, ref Ref) *feed {
	f := &feed{owner: o, ref: ref, followers: map[*Follower]struct{}{}}
	f.ctx, f.end = context.WithCancel(o.ctx)
	return f
}

func (f *feed) join(by *Follower) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followers[by] = struct{}{}
}

// leave gives the number of those who stay.
func (f *feed) leave(by *Follower) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.followers, by)
	return len(f.followers)
}

func (f *feed) distrust(age time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.distrusted = f.distrusted || f.owner.Clock.Since(f.at) >= age
}

// get gives what is known, and waits where nothing is.
func (f *feed) get(ctx context.Context) (client.Object, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-f.start():
	case <-limited.Done():
		return nil, failure.Waiting(fmt.Errorf("reading %s: the API server has not answered yet", f.ref), retryFirst)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state.object, f.state.err
}

// start has the object read where that is due, and gives what is closed when it is known.
func (f *feed) start() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.running && f.due() {
		f.running, f.distrusted, f.known = true, false, make(chan struct{})
		go f.run()
	}
	return f.known
}

func (f *feed) due() bool {
	age := f.owner.Clock.Since(f.at)
	return f.at.IsZero() || age >= maxAge || age >= minAge && (f.distrusted || f.state.err != nil)
}

// publish says what is known now, and tells those who follow where it is news.
func (f *feed) publish(s state) {
	f.mu.Lock()
	news := !same(f.state, s) || f.at.IsZero()
	f.state, f.at = s, f.owner.Clock.Now()
	if !isClosed(f.known) {
		close(f.known)
	}
	var told []*Follower
	for by := range f.followers {
		told = append(told, by)
	}
	f.mu.Unlock()
	if !news {
		return
	}
	for _, by := range told {
		by.Changed()
	}
}

// idle says that nothing runs any more.
func (f *feed) idle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running = false
}

func same(a, b state) bool {
	if a.err != nil || b.err != nil {
		return a.err != nil && b.err != nil && a.err.Error() == b.err.Error()
	}
	return a.object != nil && b.object != nil && a.object.GetUID() == b.object.GetUID() &&
		a.object.GetResourceVersion() == b.object.GetResourceVersion()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
