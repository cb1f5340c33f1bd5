// Package autoscale is the loop that scales: for every Scaler it gathers what is to be known, has the core decide, writes
// the scale, and reports. One queue of deadlines serves all Scalers with a bounded pool of workers; reading sources happens
// elsewhere (package polling), so that no worker ever waits for one.
package autoscale

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	"github.com/plimsoll-dev/plimsoll/controller/deadline"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Targets reads workloads.
type Targets interface {
	// Get reads from memory where it can.
	Get(context.Context, targets.Key) (targets.Target, error)
	// Fresh reads from the API server.
	Fresh(context.Context, targets.Key) (targets.Target, error)
}

// Pods lists the pods of a workload, ordered by name.
type Pods interface {
	Of(context.Context, targets.Target) ([]*corev1.Pod, error)
}

// Scales writes replica counts.
type Scales interface {
	Scale(ctx context.Context, t targets.Target, replicas int32) (targets.Target, error)
}

// Rivals know of other autoscalers. The name is for people, as in `HorizontalPodAutoscaler "web"`.
type Rivals interface {
	Rival(targets.Key) (name string, found bool)
}

// Credentials gives what authenticationRef names, and the variables of the target that metadata names.
type Credentials interface {
	// Get answers, and has the question's Changed called when the answer may be another, until Forget.
	Get(context.Context, *credentials.Question) (credentials.Given, error)
	// Distrust has the credentials looked up again where they are older than that and not watched.
	Distrust(q *credentials.Question, age time.Duration)
	Forget(*credentials.Question)
}

// Sources finds the source of a signal.
type Sources interface {
	For(*scaling.Signal) (*sources.Row, error)
}

// Reports writes down what came of a decision.
type Reports interface {
	// Write changes the status, from what is there to what shall be.
	Write(ctx context.Context, s *v1alpha1.Scaler, from, to *v1alpha1.ScalerStatus) error
	// Tell sends an event.
	Tell(s *v1alpha1.Scaler, e report.Event)
}

// Observer is told what happens. It is the metrics' side of this package.
type Observer interface {
	Decided(d *scaling.Decision)
	// Wrote is told how a write of a scale ended, and how old what led to it was then.
	Wrote(lag time.Duration, err error)
	Reported(err error)
}

// Parts are what the loop is put together from.
type Parts struct {
	Clock   clock.Clock
	Sources Sources
	Servers *polling.Servers
	Targets Targets
	Pods    Pods
	Scales  Scales
	// Rivals may be nil: then only Scalers are known.
	Rivals Rivals
	// Authors may be nil: then it is not known who else sets a count.
	Authors     Authors
	Credentials Credentials
	Reports     Reports
	Observer    Observer
	// Late is told how long after its time a Scaler had its turn.
	Late func(time.Duration)
}

// Loop scales.
type Loop struct {
	Parts
	queue    *deadline.Queue[types.NamespacedName]
	deciders sync.Pool
	// started is before the first decision. Differences to it are of a clock that nobody sets.
	started time.Time

	mu    sync.Mutex
	items map[types.NamespacedName]*item
	// claims are the Scalers of each target, by its key without a version.
	claims map[targets.Key][]*item
}

// New makes a loop without Scalers.
func New(p Parts) *Loop {
	l := &Loop{Parts: p, started: p.Clock.Now().Add(-time.Second), items: map[types.NamespacedName]*item{}, claims: map[targets.Key][]*item{}}
	l.deciders.New = func() any { return &scaling.Decider{} }
	l.queue = deadline.New(p.Clock, l.serve, p.Late)
	return l
}

// Workers is how many Scalers have their turn at once. Workers wait for the API server only, when something is written.
const Workers = 16

// Run scales until the context ends.
func (l *Loop) Run(ctx context.Context) { l.queue.Run(ctx, Workers) }

// Len gives the number of Scalers.
func (l *Loop) Len() int { return l.queue.Len() }

// Put takes a Scaler up, or its change. Changes of the status alone are our own.
func (l *Loop) Put(s *v1alpha1.Scaler) {
	key := types.NamespacedName{Namespace: s.Namespace, Name: s.Name}
	l.mu.Lock()
	it, known := l.items[key]
	if known && it.uid != s.UID {
		l.forget(it)
		known = false
	}
	if !known {
		it = &item{key: key, uid: s.UID}
		l.items[key] = it
	}
	changed := it.wish(s)
	if changed {
		l.claim(it, targets.KeyOf(s.Namespace, s.Spec.ScaleTargetRef).Unversioned())
	}
	l.mu.Unlock()
	if changed {
		l.queue.Wake(key)
	}
}

// Remove lets go of a Scaler. The workload keeps its replicas.
func (l *Loop) Remove(key types.NamespacedName) {
	l.mu.Lock()
	it, ok := l.items[key]
	if ok {
		l.forget(it)
	}
	l.mu.Unlock()
	if ok {
		l.queue.Forget(key)
	}
}

// TargetChanged has the Scalers of a workload look at it at once.
func (l *Loop) TargetChanged(k targets.Key) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeAll(k.Unversioned())
}

// serve is one turn of one Scaler.
func (l *Loop) serve(ctx context.Context, key types.NamespacedName, now time.Time) time.Time {
	l.mu.Lock()
	it, ok := l.items[key]
	l.mu.Unlock()
	if !ok {
		return time.Time{}
	}
	it.turn.Lock()
	defer it.turn.Unlock()
	l.takeUp(it, now)
	l.ask(ctx, it, now)
	if it.due(now) {
		l.decide(ctx, it, now)
	}
	return it.next(now)
}
