package autoscale

import (
	"context"
	"maps"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// signal is one metric or trigger of an item, and how it is asked.
type signal struct {
	spec     *scaling.Signal
	row      *sources.Row
	interval time.Duration
	// at is when to ask next; asked is true while an answer is awaited.
	at    time.Time
	asked bool
	// subscription is nil where there is nobody to ask, or no way to.
	subscription *polling.Subscription
	server       string
	auth         map[string]string
	authAt       time.Time
	// doubt is the age from which credentials are looked up again, because of the last answer; 0 where it was good.
	doubt time.Duration

	// guarded by item.mu
	reading   *sources.Reading
	arrivedAt time.Time
}

func (s *signal) close() {
	if s.subscription != nil {
		s.subscription.Close()
		s.subscription = nil
	}
}

// sample makes a sample of a reading.
func (s *signal) sample(r sources.Reading, before scaling.Sample) scaling.Sample {
	out := scaling.Sample{Time: r.Time, Value: r.Value, Target: r.Target, Active: r.Active, Pods: r.Pods, Err: r.Err}
	if r.Err != nil {
		out.Failures = before.Failures + 1
	}
	s.doubt = doubtOf(&r)
	return out
}

// How old credentials may be that a server refused, or that lead to a server that does not answer: it may have moved. A
// thousand workloads on one broken server must not become a thousand reads of Secrets a second.
const (
	refusedAge = 5 * time.Second
	outageAge  = time.Minute
)

func doubtOf(r *sources.Reading) time.Duration {
	switch {
	case r.Err == nil:
		return 0
	case sources.IsUnauthorized(r.Err):
		return refusedAge
	case r.Outage:
		return outageAge
	default:
		return 0
	}
}

// credentialsAge is how long credentials are used without asking the store, which has its own idea of what is old.
const credentialsAge = time.Hour

// ask asks every signal whose time has come. It waits for nobody.
func (l *Loop) ask(ctx context.Context, it *item, now time.Time) {
	it.takeMail()
	if it.scaler == nil || it.invalid != nil {
		return
	}
	if it.resting = l.rival(it) != nil; it.resting {
		return
	}
	for i, s := range it.signals {
		if s.asked || s.at.IsZero() || now.Before(s.at) {
			continue
		}
		if err := l.prepare(ctx, it, s, now); err != nil {
			it.fail(i, now, err)
			s.at = now.Add(mistakeBackoff(s.interval, it.samples[i].Failures))
			continue
		}
		if s.subscription == nil {
			s.at = time.Time{}
			continue
		}
		s.at, s.asked = polling.Align(now, s.interval, s.server), true
		s.subscription.Ask()
	}
}

// mistakeMost bounds how long a mistake may have been mended before it is noticed, where nothing tells of it: a Secret.
const mistakeMost = 30 * time.Second

// mistakeBackoff says when to look again whether a signal can be asked.
func mistakeBackoff(interval time.Duration, failures int32) time.Duration {
	return max(interval, min(interval<<min(failures, 10), mistakeMost))
}

// fail notes that a signal cannot be asked.
func (it *item) fail(i int, now time.Time, err error) {
	before := it.samples[i]
	it.samples[i] = scaling.Sample{Time: now, Err: err, Failures: before.Failures + 1}
	if it.arrived.IsZero() {
		it.arrived = now
	}
}

// prepare makes sure that the signal has a subscription, and that its credentials are those of now.
func (l *Loop) prepare(ctx context.Context, it *item, s *signal, now time.Time) error {
	if s.subscription != nil && s.doubt == 0 && now.Sub(s.authAt) < credentialsAge {
		return nil
	}
	auth, err := l.credentials(ctx, it, s)
	if err != nil {
		return err
	}
	s.authAt, s.doubt = now, 0
	if s.subscription != nil && maps.Equal(auth, s.auth) {
		return nil
	}
	s.auth = auth
	return l.subscribe(it, s)
}

func (l *Loop) credentials(ctx context.Context, it *item, s *signal) (map[string]string, error) {
	if s.spec.TriggerRef == nil || s.spec.TriggerRef.AuthenticationRef == nil {
		return nil, nil
	}
	ref := s.spec.TriggerRef.AuthenticationRef
	if s.doubt > 0 {
		l.Credentials.Distrust(it.key.Namespace, ref, s.doubt)
	}
	return l.Credentials.Get(ctx, it.key.Namespace, ref)
}

func (l *Loop) subscribe(it *item, s *signal) error {
	query, err := s.row.Source.Query(sources.Request{
		Namespace: it.key.Namespace, Signal: s.spec, Target: it.scaler.Spec.ScaleTargetRef, Auth: s.auth,
	})
	if err != nil {
		return err
	}
	s.close()
	if query == nil {
		return nil
	}
	s.server = query.Server()
	s.subscription = l.Servers.Subscribe(polling.Topic{Source: s.row.Name, Query: query, Answer: func(r sources.Reading) {
		it.mu.Lock()
		s.reading, s.arrivedAt, it.mail = &r, l.Clock.Now(), true
		it.mu.Unlock()
		l.queue.Wake(it.key)
	}})
	return nil
}
