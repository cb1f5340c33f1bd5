package autoscale

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/actuate"
	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// decide is one whole decision: gather, decide, act, report.
func (l *Loop) decide(ctx context.Context, it *item, now time.Time) {
	f := report.Facts{
		Scaler: it.scaler, Target: targets.KeyOf(it.key.Namespace, it.scaler.Spec.ScaleTargetRef), Ready: reason.Accepted, Now: now,
	}
	since := it.since(now)
	it.decided, it.arrived, it.wake = true, time.Time{}, time.Time{}
	if it.refused(l, &f) {
		l.report(ctx, it, &f)
		return
	}
	in, target, err := l.gather(ctx, it, now)
	if wait, early := failure.WaitFor(err); early {
		it.decided, it.arrived, it.wake = false, since, now.Add(wait)
		return
	}
	if in.Target.Err == nil {
		l.notice(ctx, it, &target, now)
	}
	decider, _ := l.deciders.Get().(*scaling.Decider)
	defer l.deciders.Put(decider)
	d, state := decider.Decide(in)
	l.Observer.Decided(&d)
	f.Contest = l.contested(it, now)
	switch {
	case d.Verb == scaling.Write && it.contest.holds(now):
		f.WriteErr = f.Contest
	case d.Verb == scaling.Write && it.refusal.holds(now, target.ResourceVersion):
		f.WriteErr = it.refusal.err
	default:
		d, state = l.write(ctx, it, &attempt{facts: &f, decider: decider, in: &in, target: target, since: since}, d, state)
	}
	it.state = state
	it.plan(&d, &f, target.ResourceVersion)
	f.Spec, f.Decision, f.Samples, f.State = it.spec, &d, in.Samples, &it.state
	if in.Target.Err != nil {
		f.Problem, f.Ready = in.Target.Err, readiness(in.Target.Err)
	}
	l.report(ctx, it, &f)
}

// readiness: a target that is not there is said so; one that cannot be read for other reasons does not make the Scaler wrong.
func readiness(err error) reason.Code {
	if targets.IsMissing(err) {
		return reason.TargetNotFound
	}
	return reason.Accepted
}

// since is when what leads to the decision arrived.
func (it *item) since(now time.Time) time.Time {
	if it.arrived.IsZero() {
		return now
	}
	return it.arrived
}

// refused tells whether the Scaler cannot be served as it is.
func (it *item) refused(l *Loop, f *report.Facts) bool {
	if it.invalid != nil {
		f.Ready, f.Problem = reason.InvalidSpec, it.invalid
		return true
	}
	if f.Problem = l.rival(it); f.Problem != nil {
		f.Ready = reason.ConflictingScaler
		it.rest(f.Now)
		return true
	}
	return false
}

// Back-off of failed writes, and how often a target is looked for that cannot be read.
const (
	writeBackoff     = time.Second
	writeBackoffMost = time.Minute
)

// plan says when to decide next in any case.
func (it *item) plan(d *scaling.Decision, f *report.Facts, version string) {
	now := f.Now
	it.wake = turn(d.Next, now)
	if f.Contest != nil {
		it.wakeBy(it.contest.next(now))
	}
	if f.WriteErr == nil || f.Held() {
		it.refusal = refusal{}
		return
	}
	if !it.refusal.holds(now, version) {
		it.refusal = it.refusal.again(f.WriteErr, now, version)
	}
	it.wakeBy(it.refusal.until)
}

// refusal is a write that failed, and is not tried again at each reading but after a while, or when the target has changed.
type refusal struct {
	err     error
	until   time.Time
	version string
	times   int
}

func (r *refusal) holds(now time.Time, version string) bool {
	return r.err != nil && version == r.version && now.Before(r.until)
}

// again is the refusal after one more.
func (r *refusal) again(err error, now time.Time, version string) refusal {
	wait := min(writeBackoff<<min(r.times, 10), writeBackoffMost)
	return refusal{err: err, until: now.Add(wait), version: version, times: r.times + 1}
}

// glance is how long a decision that waits for a time on the clock is relied on: the clock may be set meanwhile.
const glance = time.Minute

// turn is when to decide again for the sake of a time on the clock. It is counted from now, on a clock that nobody sets: else a
// clock set back by an hour would have the Scaler wait for an hour more.
func turn(at, now time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return now.Add(min(at.Sub(now), glance))
}

// wakeBy brings the next decision forward.
func (it *item) wakeBy(at time.Time) {
	if it.wake.IsZero() || at.Before(it.wake) {
		it.wake = at
	}
}

// retryReport is when a status is written again that could not be.
const retryReport = 5 * time.Second

// report writes what is new.
func (l *Loop) report(ctx context.Context, it *item, f *report.Facts) {
	wait, news := it.journal.News(f)
	if !news {
		return
	}
	if wait > 0 {
		it.wakeBy(f.Now.Add(wait))
		return
	}
	before := it.journal.Status()
	after := it.journal.Next(f)
	if report.Same(before, after) {
		it.journal.Unchanged(f)
		return
	}
	log(ctx, f)
	err := l.Reports.Write(ctx, it.scaler, before, after)
	l.Observer.Reported(err)
	if err != nil {
		it.journal.Failed(after)
		if !actuate.IsGone(err) {
			it.wakeBy(f.Now.Add(retryReport))
		}
		return
	}
	for _, e := range report.Events(before, after, f) {
		l.Reports.Tell(it.scaler, e)
	}
	it.journal.Wrote(f, after)
}
