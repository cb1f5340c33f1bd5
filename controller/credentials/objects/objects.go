// Package objects knows single objects of the API server, each by its name, as kubelets know the Secrets of their pods: an
// object that somebody follows is read once and watched from then on, so that a change of it is known at once, and steady
// state costs no request. It takes the verbs get and watch, and both can be granted for names alone. Where watching is not
// allowed, objects are read when they are needed: first, again after what they were used for failed, and once an hour.
package objects

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// maxAge is how long an object is believed that is not watched and nobody complains of.
	maxAge = time.Hour
	// minAge is how long one that is not watched is believed in any case, and a missing one to be missing.
	minAge = 5 * time.Second
	// patience is how long somebody waits for an object that is not known yet.
	patience = 5 * time.Second
	// retryFirst and retryMost bound the pause after a watch failed.
	retryFirst, retryMost = time.Second, 30 * time.Second
)

// Options are what Objects are made of.
type Options struct {
	Client client.WithWatch
	Clock  clock.Clock
	Log    logr.Logger
}

// Objects are all objects that somebody follows. Its methods may be called from anywhere.
type Objects struct {
	Options
	// ctx is the life of the watches, which start on demand; stop ends it.
	ctx  context.Context
	stop context.CancelFunc
	told sync.Once

	mu    sync.Mutex
	feeds map[Ref]*feed
}

// Follower is told of changes. Its address is who it is.
type Follower struct {
	// Changed is called, from anywhere, when what is known of an object is another than before. It must not block.
	Changed func()
}

// New makes an empty set. The client has to ask the API server: a cached one would watch every object of a kind.
func New(o Options) *Objects {
	all := &Objects{Options: o, feeds: map[Ref]*feed{}}
	all.ctx, all.stop = context.WithCancel(context.Background())
	return all
}

// Stop ends all watches, for good.
func (o *Objects) Stop() { o.stop() }

// Len gives the number of objects that are followed.
func (o *Objects) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.feeds)
}

// Get gives an object, and has the follower told of its changes until Unfollow. Nobody may change the object. An object
// that is missing, may not be read, or is of a kind that is not served, is a failure.Mistake, and is followed like others.
func (o *Objects) Get(ctx context.Context, ref Ref, by *Follower) (client.Object, error) {
	return o.follow(ref, by).get(ctx)
}

// Unfollow lets go of an object. When nobody is left its watch ends, and it is forgotten.
func (o *Objects) Unfollow(ref Ref, by *Follower) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.feeds[ref]
	if ok && f.leave(by) == 0 {
		delete(o.feeds, ref)
		f.end()
	}
}

// Distrust has the object read again before it is next used, where it is not watched and what is known of it is of a
// certain age: what it was used for failed.
func (o *Objects) Distrust(ref Ref, age time.Duration) {
	o.mu.Lock()
	f, ok := o.feeds[ref]
	o.mu.Unlock()
	if ok {
		f.distrust(age)
	}
}

func (o *Objects) follow(ref Ref, by *Follower) *feed {
	o.mu.Lock()
	defer o.mu.Unlock()
	f, ok := o.feeds[ref]
	if !ok {
		f = newFeed(o, ref)
		o.feeds[ref] = f
	}
	f.join(by)
	return f
}

// tellOnce logs that watching is not allowed: once for all, since it is one mistake of whoever grants the rights.
func (o *Objects) tellOnce(ref Ref) {
	o.told.Do(func() {
		o.Log.Info("watching is not allowed: a change is noticed when a source fails, or within the hour",
			"object", ref.String(), "namespace", ref.Namespace)
	})
}
