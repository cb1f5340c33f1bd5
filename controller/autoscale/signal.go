package autoscale

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
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
	// question is nil where the trigger needs no credentials; forget lets go of it.
	question *credentials.Question
	forget   func(*credentials.Question)
	given    credentials.Given
	// stale is true where the credentials may be others than those that are used.
	stale bool
	// doubt is the age from which credentials are looked up again, because of the last answer; 0 where it was good.
	doubt time.Duration

	// guarded by item.mu
	reading   *sources.Reading
	arrivedAt time.Time
	// changed is true where somebody told that the credentials changed.
	changed bool
	// epoch counts subscriptions: an answer to an earlier one is about what was asked with other credentials.
	epoch int
}

// close lets go of the source and of the credentials.
func (s *signal) close() {
	s.unsubscribe()
	if s.question != nil {
		s.forget(s.question)
		s.question = nil
	}
}

func (s *signal) unsubscribe() {
	if s.subscription != nil {
		s.subscription.Close()
		s.subscription = nil
	}
}

// void has the answer that is awaited count for nothing.
func (it *item) void(s *signal) int {
	it.mu.Lock()
	defer it.mu.Unlock()
	s.epoch++
	s.reading, s.asked = nil, false
	return s.epoch
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
		if !s.stale && (s.asked || s.at.IsZero() || now.Before(s.at)) || s.row == nil {
			continue
		}
		fresh, err := l.prepare(ctx, it, s, now)
		if err != nil {
			it.fail(i, now, err)
			s.at = now.Add(mistakeBackoff(s.interval, it.samples[i].Failures))
			continue
		}
		if !fresh && (s.asked || now.Before(s.at)) {
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

// mistakeMost bounds how long a mistake may have been mended before it is noticed, where nothing tells of it: a right that
// was missing.
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

// prepare makes sure that the signal has a subscription, and that its credentials are those of now. It tells whether the
// subscription is a fresh one, which is asked at once.
func (l *Loop) prepare(ctx context.Context, it *item, s *signal, now time.Time) (fresh bool, err error) {
	ends := s.given.Until
	if s.subscription != nil && !s.stale && s.doubt == 0 && (ends.IsZero() || now.Before(ends)) {
		return false, nil
	}
	given, err := l.credentials(ctx, it, s)
	if err == nil && s.subscription != nil && given.Equal(&s.given) {
		s.given, s.stale, s.doubt = given, false, 0
		return false, nil
	}
	epoch := it.void(s)
	s.unsubscribe()
	s.given, s.stale, s.doubt = given, false, 0
	if err != nil {
		return false, err
	}
	return true, l.subscribe(it, s, epoch)
}

// credentials asks for the signal's credentials, where it needs any.
func (l *Loop) credentials(ctx context.Context, it *item, s *signal) (credentials.Given, error) {
	t := s.spec.TriggerRef
	if t == nil || !trigger.NeedsCredentials(t) {
		return credentials.Given{}, nil
	}
	if s.question == nil {
		s.forget = l.Credentials.Forget
		s.question = &credentials.Question{
			Namespace: it.key.Namespace, Target: it.scaler.Spec.ScaleTargetRef, Trigger: t, Changed: func() { l.credentialsChanged(it, s) },
		}
	}
	if s.doubt > 0 {
		l.Credentials.Distrust(s.question, s.doubt)
	}
	return l.Credentials.Get(ctx, s.question)
}

// credentialsChanged has the signal look at its credentials at once.
func (l *Loop) credentialsChanged(it *item, s *signal) {
	it.mu.Lock()
	s.changed, it.mail = true, true
	it.mu.Unlock()
	l.queue.Wake(it.key)
}

func (l *Loop) subscribe(it *item, s *signal, epoch int) error {
	query, err := s.row.Source.Query(sources.Request{
		Namespace: it.key.Namespace, Signal: s.spec, Target: it.scaler.Spec.ScaleTargetRef, Auth: s.given.Auth, Env: s.given.Env,
	})
	if err != nil || query == nil {
		return err
	}
	s.server = query.Server()
	s.subscription = l.Servers.Subscribe(polling.Topic{Source: s.row.Name, Query: query, Answer: func(r sources.Reading) {
		it.mu.Lock()
		current := s.epoch == epoch
		if current {
			s.reading, s.arrivedAt, it.mail = &r, l.Clock.Now(), true
		}
		it.mu.Unlock()
		if current {
			l.queue.Wake(it.key)
		}
	}})
	return nil
}
