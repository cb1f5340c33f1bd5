package scaling_test

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

// from opens a window at a minute of every hour and closes it at another: noon is minute 0.
func from(start, end string, minimum, maximum, fixed int32) v1alpha1.ScheduleWindow {
	w := v1alpha1.ScheduleWindow{Start: start + " * * * *", End: end + " * * * *"}
	for _, b := range []struct {
		n   int32
		out **int32
	}{{minimum, &w.MinReplicas}, {maximum, &w.MaxReplicas}, {fixed, &w.Replicas}} {
		if b.n >= 0 {
			*b.out = &b.n
		}
	}
	return w
}

func TestSchedule(t *testing.T) {
	open := func(minimum, maximum, fixed int32) v1alpha1.ScheduleWindow {
		return from("55", "5", minimum, maximum, fixed)
	}
	tests := map[string]struct {
		windows  []v1alpha1.ScheduleWindow
		current  int32
		value    int64
		want     answerOf
		conflict bool
	}{
		"no window open":                         {[]v1alpha1.ScheduleWindow{from("5", "10", 7, -1, -1)}, 4, 40, answerOf{scaling.Keep, 4, reason.ValidMetricFound}, false},
		"a floor raises at once":                 {[]v1alpha1.ScheduleWindow{open(7, -1, -1)}, 4, 40, answerOf{scaling.Write, 7, reason.ScheduleFloor}, false},
		"a floor holds":                          {[]v1alpha1.ScheduleWindow{open(7, -1, -1)}, 9, 40, answerOf{scaling.Write, 7, reason.ScheduleFloor}, false},
		"metrics decide above the floor":         {[]v1alpha1.ScheduleWindow{open(3, -1, -1)}, 4, 60, answerOf{scaling.Write, 6, reason.ValidMetricFound}, false},
		"a cap lowers at once":                   {[]v1alpha1.ScheduleWindow{open(-1, 3, -1)}, 4, 40, answerOf{scaling.Write, 3, reason.ScheduleCap}, false},
		"a cap holds":                            {[]v1alpha1.ScheduleWindow{open(-1, 5, -1)}, 4, 90, answerOf{scaling.Write, 5, reason.ScheduleCap}, false},
		"metrics decide below the cap":           {[]v1alpha1.ScheduleWindow{open(-1, 8, -1)}, 4, 60, answerOf{scaling.Write, 6, reason.ValidMetricFound}, false},
		"floors combine by maximum":              {[]v1alpha1.ScheduleWindow{open(5, -1, -1), open(7, -1, -1), open(6, -1, -1)}, 4, 40, answerOf{scaling.Write, 7, reason.ScheduleFloor}, false},
		"caps combine by minimum":                {[]v1alpha1.ScheduleWindow{open(-1, 5, -1), open(-1, 3, -1), open(-1, 6, -1)}, 8, 40, answerOf{scaling.Write, 3, reason.ScheduleCap}, false},
		"replicas fixes, raising":                {[]v1alpha1.ScheduleWindow{open(-1, -1, 6)}, 4, 90, answerOf{scaling.Write, 6, reason.ScheduleFloor}, false},
		"replicas fixes, lowering":               {[]v1alpha1.ScheduleWindow{open(-1, -1, 2)}, 4, 90, answerOf{scaling.Write, 2, reason.ScheduleCap}, false},
		"a floor above a cap: the cap wins":      {[]v1alpha1.ScheduleWindow{open(7, -1, -1), open(-1, 5, -1)}, 4, 40, answerOf{scaling.Write, 5, reason.ScheduleFloor}, true},
		"sleep":                                  {[]v1alpha1.ScheduleWindow{open(-1, -1, 0)}, 4, 90, answerOf{scaling.Write, 0, reason.ScheduleCap}, false},
		"asleep, and work waits":                 {[]v1alpha1.ScheduleWindow{open(-1, -1, 0)}, 0, 90, answerOf{scaling.Keep, 0, reason.ScheduleCap}, false},
		"a cap below the minimum wins over it":   {[]v1alpha1.ScheduleWindow{open(-1, 0, -1)}, 1, 0, answerOf{scaling.Write, 0, reason.ScheduleCap}, false},
		"a floor below the minimum does nothing": {[]v1alpha1.ScheduleWindow{open(0, -1, -1)}, 1, 0, answerOf{scaling.Keep, 1, reason.TooFewReplicas}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := oneToTen()
			in.Schedule = test.windows
			d := decide(compile(t, in), replicas(test.current), number(test.value))
			wantAnswer(t, d, test.want)
			if d.ScheduleConflict != test.conflict {
				t.Errorf("conflict: %v", d.ScheduleConflict)
			}
		})
	}
}

// TestScheduleNext: a decision may change when a window opens or closes.
func TestScheduleNext(t *testing.T) {
	in := oneToTen()
	in.Schedule = []v1alpha1.ScheduleWindow{from("10", "20", 7, -1, -1), from("55", "7", -1, 8, -1)}
	if next := decide(compile(t, in), replicas(4), number(40)).Next; !next.Equal(noon.Add(7 * time.Minute)) {
		t.Errorf("next: %s", next)
	}
}

// TestScheduleKeepsFromResting: an open floor is above the idle count, so there is no way to it.
func TestScheduleKeepsFromResting(t *testing.T) {
	in := worker()
	in.Schedule = []v1alpha1.ScheduleWindow{from("55", "5", 2, -1, -1)}
	spec := compile(t, in)
	wantAnswer(t, decide(spec, replicas(2), number(0)), answerOf{scaling.Keep, 2, reason.ScheduleFloor})
	wantAnswer(t, decide(spec, replicas(0), number(0)), answerOf{scaling.Write, 2, reason.ScheduleFloor})
}

// TestSleepAndWake: a workload that a schedule put to sleep is not taken for one that somebody switched off, and wakes at
// the end, also after a restart.
func TestSleepAndWake(t *testing.T) {
	in := oneToTen()
	in.Schedule = []v1alpha1.ScheduleWindow{from("10", "20", -1, -1, 0)}
	spec := compile(t, in)
	for name, restart := range map[string]int{"": -1, "restarted asleep": 3, "restarted at the end": 4} {
		t.Run(name, func(t *testing.T) {
			tell(t, replay.Start{Spec: spec, Replicas: 4, State: longAgo(spec, 4)}, func(i int, m *replay.Moment) { m.Restart = i == restart },
				line{0, 40, 4, reason.ValidMetricFound},
				line{600, 40, 0, reason.ScheduleCap},
				line{601, 40, 0, reason.ScheduleCap},
				line{900, 40, 0, reason.ScheduleCap},
				line{1200, 40, 1, reason.TooFewReplicas},
				line{1201, 40, 4, reason.ValidMetricFound},
			)
		})
	}
	t.Run("first seen asleep, with no digest", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec}, nil, line{900, 40, 0, reason.ScheduleCap}, line{1200, 40, 1, reason.TooFewReplicas})
	})
	t.Run("switched off by hand before it went to sleep", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec}, nil, line{0, 40, 0, reason.ScalingDisabled}, line{900, 40, 0, reason.ScheduleCap}, line{1200, 40, 0, reason.ScalingDisabled})
	})
}

// TestScheduleAlone: without metrics, the workload has outside the windows the replicas it had.
func TestScheduleAlone(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{Schedule: []v1alpha1.ScheduleWindow{
		from("10", "20", -1, -1, 0), from("30", "40", 8, -1, -1), from("35", "45", -1, 6, -1),
	}})
	if len(spec.Signals) != 0 {
		t.Fatalf("signals: %+v", spec.Signals)
	}
	for name, restart := range map[string]int{"": -1, "restarted while a window is open": 2} {
		t.Run(name, func(t *testing.T) {
			decisions := tell(t, replay.Start{Spec: spec, Replicas: 5}, func(i int, m *replay.Moment) {
				m.Samples = nil
				m.Restart = i == restart
			},
				line{0, 0, 5, reason.ValidMetricFound},
				line{600, 0, 0, reason.ScheduleCap},
				line{900, 0, 0, reason.ValidMetricFound},
				line{1200, 0, 5, reason.ValidMetricFound},
				line{1201, 0, 5, reason.ValidMetricFound},
				line{1800, 0, 8, reason.ScheduleFloor},
				line{2100, 0, 6, reason.ScheduleCap}, // the cap of the third window wins
				line{2400, 0, 6, reason.ValidMetricFound},
				line{2700, 0, 5, reason.ValidMetricFound},
			)
			if next := decisions[0].Next; !next.Equal(noon.Add(10 * time.Minute)) {
				t.Errorf("next: %s", next)
			}
		})
	}
	t.Run("a count written by hand outside the windows is the new one", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 5}, func(i int, m *replay.Moment) {
			m.Samples = nil
			if i == 1 {
				m.Replicas = new(int32(7))
			}
			if i == 5 {
				m.Replicas = new(int32(9))
			}
		},
			line{0, 0, 5, reason.ValidMetricFound}, line{60, 0, 7, reason.ValidMetricFound},
			line{600, 0, 0, reason.ScheduleCap}, line{1200, 0, 7, reason.ValidMetricFound}, line{1201, 0, 7, reason.ValidMetricFound},
			line{1202, 0, 9, reason.ValidMetricFound},
		)
	})
}

// TestScheduleDaylightSaving: the rules of the calendar reach the decision.
func TestScheduleDaylightSaving(t *testing.T) {
	in := oneToTen()
	in.Schedule = []v1alpha1.ScheduleWindow{{Start: "30 2 * * *", End: "0 6 * * *", Timezone: "Europe/Berlin", MinReplicas: new(int32(7))}}
	spec := compile(t, in)
	gap := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]int32{gap.Add(-time.Second): 4, gap: 7} {
		d, _ := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(4), Samples: []scaling.Sample{number(40)}, Now: at})
		if d.Replicas != want {
			t.Errorf("at %s: got %d, want %d", at, d.Replicas, want)
		}
	}
}
