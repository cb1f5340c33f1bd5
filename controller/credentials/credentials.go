// Package credentials gives the parameters of triggers that are not in their metadata: those that authenticationRef names,
// and those that come from the environment of the scaled workload's containers.
//
// Every object that is needed for an answer is watched by its name (package objects), so that a rotated password, a key that
// appears, or a changed environment is known at once, and steady state costs no request. What is missing is an error, and
// never an empty value. No error holds a value.
package credentials

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/credentials/objects"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Options are what a Store is made of.
type Options struct {
	// Client asks the API server. Its scheme knows core/v1, apps/v1 and keda.sh/v1alpha1.
	Client client.WithWatch
	// Cached reads Deployments and StatefulSets from informers, trimmed or not.
	Cached client.Reader
	Clock  clock.Clock
	Log    logr.Logger
	// ClusterNamespace is where a ClusterTriggerAuthentication finds what it names.
	ClusterNamespace string
	// Audiences are for whom tokens of ServiceAccounts may be made. One without an audience is not made: with that of the
	// API server it would be a key to the cluster, and it is sent to whatever server a trigger names.
	Audiences map[types.NamespacedName]string
	// Files is the folder of filePath; empty where there is none.
	Files string
}

// Question is what one trigger wants to know. Its address is who asks: keep it until Forget.
type Question struct {
	Namespace string
	// Target is the scaled workload, in the same namespace.
	Target  v1alpha1.TargetRef
	Trigger *v1alpha1.Trigger
	// Changed is called, from anywhere, when the answer may be another. It must not block.
	Changed func()
}

// Given is the answer. Nobody may change the maps. Their values never reach a log, an event, a status or an error.
type Given struct {
	// Auth are the parameters from authenticationRef; nil where the trigger has none.
	Auth map[string]string
	// Env are the variables of the target that the metadata names.
	Env map[string]string
	// Until is when to ask again, where something ends by itself; zero otherwise.
	Until time.Time
}

// Equal tells whether two answers lead to the same query.
func (g *Given) Equal(other *Given) bool {
	return maps.Equal(g.Auth, other.Auth) && maps.Equal(g.Env, other.Env)
}

// Store answers questions. It may be used from anywhere; each Question by one at a time.
type Store struct {
	Options
	objects *objects.Objects
	tokens  tokens

	mu        sync.Mutex
	asking    map[*Question]*asking
	templates map[targets.Key]*template
}

// asking is somebody who has asked, and what the answer was made from.
type asking struct {
	follower *objects.Follower
	refs     map[objects.Ref]struct{}
	target   targets.Key // zero where the answer does not depend on it
}

// New makes a Store. Nothing is asked for before somebody asks.
func New(o Options) *Store {
	return &Store{
		Options: o, objects: objects.New(objects.Options{Client: o.Client, Clock: o.Clock, Log: o.Log}), tokens: newTokens(),
		asking: map[*Question]*asking{}, templates: map[targets.Key]*template{},
	}
}

// Stop ends all watches, for good.
func (s *Store) Stop() { s.objects.Stop() }

// Get answers. An error is a failure.Mistake where somebody has to mend it; Changed tells when that happened, but for what
// cannot be watched.
func (s *Store) Get(ctx context.Context, q *Question) (Given, error) {
	a := s.enter(q)
	search := &search{Store: s, ctx: ctx, question: q, follower: a.follower, used: map[objects.Ref]struct{}{}}
	given, err := search.answer()
	s.settle(q, search, err)
	return given, err
}

// Forget lets go of a question.
func (s *Store) Forget(q *Question) {
	s.mu.Lock()
	a, ok := s.asking[q]
	if ok {
		delete(s.asking, q)
		s.leave(q, a)
	}
	s.mu.Unlock()
	if !ok {
		return
	}
	for ref := range a.refs {
		s.objects.Unfollow(ref, a.follower)
	}
}

// Distrust has what is not watched looked up again, where it is of a certain age: what it was used for failed.
func (s *Store) Distrust(q *Question, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.asking[q]; ok {
		for ref := range a.refs {
			s.objects.Distrust(ref, age)
		}
	}
}

// TargetChanged is told that the environment of a Deployment's or StatefulSet's containers has changed.
func (s *Store) TargetChanged(k targets.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.templates[k]; ok {
		for q := range t.asked {
			q.Changed()
		}
	}
}

func (s *Store) enter(q *Question) *asking {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.asking[q]
	if !ok {
		a = &asking{follower: &objects.Follower{Changed: q.Changed}}
		s.asking[q] = a
	}
	return a
}

// settle notes what an answer was made from, and lets go of what it no longer is. A search that failed may not have come to
// all of it.
func (s *Store) settle(q *Question, found *search, err error) {
	s.mu.Lock()
	a := s.asking[q]
	var gone []objects.Ref
	for ref := range a.refs {
		if _, still := found.used[ref]; still {
			continue
		}
		if err != nil {
			found.used[ref] = struct{}{}
			continue
		}
		gone = append(gone, ref)
	}
	a.refs = found.used
	s.mu.Unlock()
	for _, ref := range gone {
		s.objects.Unfollow(ref, a.follower)
	}
}
