package scaling_test

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

// TestAsleep: only windows of sleep count, and the answer names the time of the next one.
func TestAsleep(t *testing.T) {
	for name, test := range map[string]struct {
		windows []v1alpha1.ScheduleWindow
		sleeps  bool
		asleep  bool
		change  time.Duration
	}{
		"no windows":                   {},
		"a floor, open":                {windows: []v1alpha1.ScheduleWindow{from("55", "5", 3, -1, -1)}},
		"a fixed count, open":          {windows: []v1alpha1.ScheduleWindow{from("55", "5", -1, -1, 3)}},
		"sleep, open":                  {[]v1alpha1.ScheduleWindow{from("55", "5", -1, -1, 0)}, true, true, 5 * time.Minute},
		"a cap of none, open":          {[]v1alpha1.ScheduleWindow{from("55", "5", -1, 0, -1)}, true, true, 5 * time.Minute},
		"sleep, closed":                {[]v1alpha1.ScheduleWindow{from("10", "20", -1, -1, 0)}, true, false, 10 * time.Minute},
		"one open, another opens soon": {[]v1alpha1.ScheduleWindow{from("55", "30", -1, -1, 0), from("10", "40", -1, -1, 0)}, true, true, 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 10, Schedule: test.windows})
			asleep, change := spec.Asleep(noon)
			want := time.Time{}
			if test.change > 0 {
				want = noon.Add(test.change)
			}
			if spec.Sleeps() != test.sleeps || asleep != test.asleep || !change.Equal(want) {
				t.Errorf("sleeps %t, asleep %t until %s", spec.Sleeps(), asleep, change)
			}
		})
	}
}

// TestAsleepOverDaylightSaving: a night that loses an hour, and one that gains one, end at six all the same.
func TestAsleepOverDaylightSaving(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{Schedule: []v1alpha1.ScheduleWindow{
		{Start: "0 22 * * *", End: "0 6 * * *", Timezone: "Europe/Berlin", Replicas: new(int32(0))},
	}})
	for dusk, length := range map[time.Time]time.Duration{
		time.Date(2026, 3, 27, 21, 0, 0, 0, time.UTC):  8 * time.Hour,
		time.Date(2026, 3, 28, 21, 0, 0, 0, time.UTC):  7 * time.Hour,
		time.Date(2026, 10, 24, 20, 0, 0, 0, time.UTC): 9 * time.Hour,
	} {
		if asleep, change := spec.Asleep(dusk.Add(-time.Second)); asleep || !change.Equal(dusk) {
			t.Errorf("before %s: asleep %t until %s", dusk, asleep, change)
		}
		if asleep, change := spec.Asleep(dusk); !asleep || !change.Equal(dusk.Add(length)) {
			t.Errorf("at %s: asleep %t until %s", dusk, asleep, change)
		}
	}
}

// TestScheduleAloneWithoutAMinimum: what the annotations of a schedule alone come to has a minimum of 0, which is no way to
// rest: nothing wakes it but the end of the window.
func TestScheduleAloneWithoutAMinimum(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), Schedule: []v1alpha1.ScheduleWindow{from("10", "20", -1, -1, 0)}})
	quiet := func(_ int, m *replay.Moment) { m.Samples = nil }
	t.Run("what it had", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 5}, quiet,
			line{0, 0, 5, reason.ValidMetricFound}, line{600, 0, 0, reason.ScheduleCap}, line{1199, 0, 0, reason.ValidMetricFound},
			line{1200, 0, 5, reason.ValidMetricFound}, line{3000, 0, 5, reason.ValidMetricFound})
	})
	t.Run("none, and none it gets", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec}, quiet,
			line{0, 0, 0, reason.ValidMetricFound}, line{900, 0, 0, reason.ValidMetricFound}, line{1200, 0, 0, reason.ValidMetricFound})
	})
	t.Run("first seen asleep without replicas", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec}, quiet, line{900, 0, 0, reason.ValidMetricFound}, line{1200, 0, 0, reason.ValidMetricFound})
	})
	t.Run("first seen in a window", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 5}, quiet, line{900, 0, 0, reason.ScheduleCap}, line{1200, 0, 5, reason.ValidMetricFound})
	})
}

// TestOwed: a digest says what a schedule has still to give back.
func TestOwed(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{Schedule: []v1alpha1.ScheduleWindow{from("55", "5", -1, -1, 0)}})
	_, state := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(4), Now: noon})
	if n, ok := scaling.Owed(state.Digest()); n != 4 || !ok {
		t.Errorf("owed while open: %d, %t", n, ok)
	}
	_, state = scaling.Decide(scaling.Input{Spec: spec, Target: replicas(4), State: state, Now: noon.Add(5 * time.Minute)})
	if _, ok := scaling.Owed(state.Digest()); ok {
		t.Error("owed once it is given back")
	}
}
