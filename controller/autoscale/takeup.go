package autoscale

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// takeUp makes the newest Scaler ready for deciding. What was remembered stays: a changed bound is no reason to forget what
// the queue was like.
func (l *Loop) takeUp(it *item, now time.Time) {
	s := it.takeNewest()
	if s == nil {
		return
	}
	first := it.scaler == nil
	it.scaler, it.decided, it.arrived = s, false, time.Time{}
	for _, old := range it.signals {
		old.close()
	}
	it.signals, it.samples, it.invalid = nil, nil, nil
	if first {
		it.journal.Open(&s.Status)
		it.state = remembered(&s.Status)
	}
	spec, errs := scaling.SpecFrom(&s.Spec)
	it.spec = &spec
	if len(errs) > 0 {
		it.invalid = failure.Mistake(errs.ToAggregate())
		return
	}
	l.takeUpSignals(it, now)
}

// remembered reads the state that a status keeps over a restart. From a digest that cannot be read the engine knows nothing,
// and does not lower what it does not know.
func remembered(status *v1alpha1.ScalerStatus) scaling.State {
	state, err := scaling.Seed(status.Digest)
	if err != nil {
		return scaling.State{}
	}
	return state
}

func (l *Loop) takeUpSignals(it *item, now time.Time) {
	it.samples = make([]scaling.Sample, len(it.spec.Signals))
	it.signals = make([]*signal, len(it.spec.Signals))
	for i := range it.spec.Signals {
		s := &signal{spec: &it.spec.Signals[i]}
		it.signals[i] = s
		row, err := l.Sources.For(s.spec)
		if err != nil {
			it.fail(i, now, err)
			continue
		}
		s.row, s.interval, s.at = row, row.IntervalFor(wishOf(it.scaler)), now
	}
}

func wishOf(s *v1alpha1.Scaler) time.Duration {
	if s.Spec.PollingInterval == nil {
		return 0
	}
	return s.Spec.PollingInterval.Duration
}
