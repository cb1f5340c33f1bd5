// Package credentials gives the parameters that a trigger's authenticationRef names.
//
// A Secret is read when it is first needed, again after the source that it is for failed, and once an hour; never on a
// rhythm. So Plimsoll needs get on Secrets and neither list nor watch: whoever steals its token has to know a name. A
// rotated password is taken up when the old one stops working, and steady state costs no request.
package credentials

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

//+kubebuilder:rbac:groups="",resources=secrets,verbs=get

const (
	// maxAge is how long a Secret is believed that nobody complains of.
	maxAge = time.Hour
	// minAge is how long a Secret is believed in any case, and a missing one to be missing.
	minAge = 5 * time.Second
)

// Store reads Secrets and remembers them. It may be used from anywhere.
type Store struct {
	reader client.Reader
	clock  clock.PassiveClock

	mu      sync.Mutex
	entries map[types.NamespacedName]*entry
}

type entry struct {
	mu         sync.Mutex
	at         time.Time
	distrusted bool
	parameters map[string]string
	err        error
}

// New makes a store that reads from the API server: a cached reader would watch every Secret there is.
func New(live client.Reader, c clock.PassiveClock) *Store {
	return &Store{reader: live, clock: c, entries: map[types.NamespacedName]*entry{}}
}

// Get gives the parameters. Nobody may change them. The error never holds a value.
func (s *Store) Get(ctx context.Context, namespace string, ref *v1alpha1.AuthenticationRef) (map[string]string, error) {
	if ref.Kind != "Secret" {
		kind := ref.Kind
		if kind == "" {
			kind = "TriggerAuthentication"
		}
		return nil, failure.Mistake(fmt.Errorf("authenticationRef: kind %s is not supported yet; legal is Secret", kind))
	}
	e := s.entry(types.NamespacedName{Namespace: namespace, Name: ref.Name})
	e.mu.Lock()
	defer e.mu.Unlock()
	age := s.clock.Since(e.at)
	if age >= maxAge || age >= minAge && (e.distrusted || e.err != nil) {
		e.parameters, e.err = s.read(ctx, namespace, ref.Name)
		e.at, e.distrusted = s.clock.Now(), false
	}
	return e.parameters, e.err
}

// Distrust has the object read again before it is next used, where what is known of it is of a certain age: what it was
// used for failed.
func (s *Store) Distrust(namespace string, ref *v1alpha1.AuthenticationRef, age time.Duration) {
	e := s.entry(types.NamespacedName{Namespace: namespace, Name: ref.Name})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.distrusted = e.distrusted || s.clock.Since(e.at) >= age
}

func (s *Store) entry(key types.NamespacedName) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.entries[key]
	if !ok {
		s.sweep()
		e = &entry{}
		s.entries[key] = e
	}
	return e
}

// sweep drops what nobody has asked for in a long time: whoever needs a Secret asks at least once an hour.
func (s *Store) sweep() {
	for key, e := range s.entries {
		if e.mu.TryLock() {
			if !e.at.IsZero() && s.clock.Since(e.at) > 2*maxAge {
				delete(s.entries, key)
			}
			e.mu.Unlock()
		}
	}
}

func (s *Store) read(ctx context.Context, namespace, name string) (map[string]string, error) {
	secret := &corev1.Secret{}
	err := s.reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, failure.Mistake(fmt.Errorf("secret %q does not exist", name))
	case err != nil:
		return nil, fmt.Errorf("reading secret %q: %w", name, err)
	}
	parameters := make(map[string]string, len(secret.Data))
	for key, value := range secret.Data {
		parameters[key] = string(value)
	}
	return parameters, nil
}
