package scaling_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

// A line of a narrative: at so many seconds after noon the queue has so many items (-1: it cannot be read), and the count
// becomes what is wanted for the reason.
type line struct {
	second, items int64
	want          int32
	reason        reason.Code
}

func tell(t *testing.T, start replay.Start, change func(i int, m *replay.Moment), lines ...line) []scaling.Decision {
	t.Helper()
	var trace []replay.Moment
	for i, l := range lines {
		m := queueTrace([2]int64{l.second, l.items})[0]
		if change != nil {
			change(i, &m)
		}
		trace = append(trace, m)
	}
	decisions := replay.Run(start, trace)
	for i, l := range lines {
		if d := decisions[i]; d.Replicas != l.want || d.Reason != l.reason {
			t.Errorf("after %d s with %d items: got %v %d %s, want %d %s", l.second, l.items, d.Verb, d.Replicas, d.Reason, l.want, l.reason)
		}
	}
	return decisions
}

// TestQueueFromZeroAndBack is the story of the founding document's worker: work arrives, all pods are started at once, the
// queue runs empty, the count goes down by its behaviour, and the cooldown decides the last step.
func TestQueueFromZeroAndBack(t *testing.T) {
	spec := compile(t, worker())
	start := replay.Start{Spec: spec, Created: noon}
	decisions := tell(t, start, nil,
		line{0, 0, 0, reason.Idle},
		line{10, 140, 20, reason.TooManyReplicas}, // never 1 first
		line{40, 80, 20, reason.ScaleDownStabilized},
		line{60, 20, 20, reason.ScaleDownStabilized},
		line{90, 0, 20, reason.ScaleDownStabilized},
		line{309, 0, 20, reason.ScaleDownStabilized}, // 140 were seen 299 s ago
		line{310, 0, 16, reason.ScaleDownStabilized}, // 80 were seen 270 s ago
		line{340, 0, 4, reason.ScaleDownStabilized},
		line{360, 0, 1, reason.Idle}, // the last activity was 300 s ago, and the count is not cut from 4
		line{361, 0, 0, reason.Idle},
		line{600, 0, 0, reason.Idle},
		line{610, 1, 1, reason.FromZero},
	)
	if next := decisions[4].Next; !next.Equal(noon.Add(310 * time.Second)) {
		t.Errorf("while it is held, the next decision is due when 140 leaves the window; got %s", next)
	}
}

// TestCooldown: the last step is decided by the cooldown, which counts from the last activity.
func TestCooldown(t *testing.T) {
	in := worker()
	in.Cooldown = duration("10m")
	spec := compile(t, in)
	decisions := tell(t, replay.Start{Spec: spec, Replicas: 1, State: longAgo(spec, 1)}, nil,
		line{0, 3, 1, reason.ValidMetricFound},
		line{1, 0, 1, reason.CoolingDown},
		line{599, 0, 1, reason.CoolingDown},
		line{600, 0, 0, reason.Idle},
	)
	if next := decisions[1].Next; !next.Equal(noon.Add(10 * time.Minute)) {
		t.Errorf("next: %s", next)
	}
	if c := decisions[1].Conditions.ScalingActive; c.Status != scaling.False || c.Reason != reason.CoolingDown {
		t.Errorf("ScalingActive: %+v", c)
	}
}

// TestInitialCooldown counts from the Scaler's creation while nothing was ever active.
func TestInitialCooldown(t *testing.T) {
	in := worker()
	in.InitialCooldown = duration("2m")
	spec := compile(t, in)
	t.Run("nothing was ever active", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 1, Created: noon.Add(-time.Second)}, nil,
			line{0, 0, 1, reason.CoolingDown},
			line{118, 0, 1, reason.CoolingDown},
			line{119, 0, 0, reason.Idle},
		)
	})
	t.Run("something was", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 1, Created: noon}, nil,
			line{0, 1, 1, reason.ValidMetricFound},
			line{120, 0, 1, reason.CoolingDown},
			line{299, 0, 1, reason.CoolingDown},
			line{300, 0, 0, reason.Idle},
		)
	})
	t.Run("the default is 0", func(t *testing.T) {
		tell(t, replay.Start{Spec: compile(t, worker()), Replicas: 1, Created: noon}, nil, line{0, 0, 0, reason.Idle})
	})
	t.Run("an old Scaler that nothing is known of has the whole cooldown", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 1, Created: noon.Add(-time.Hour)}, nil,
			line{0, 0, 1, reason.CoolingDown},
			line{299, 0, 1, reason.CoolingDown},
			line{300, 0, 0, reason.Idle},
		)
	})
}

// TestDifference7: HPA and KEDA go from 0 to 1, and then double every 15 seconds.
func TestDifference7FromZeroInOneWrite(t *testing.T) {
	tell(t, replay.Start{Spec: compile(t, worker()), Created: noon}, nil, line{0, 90, 18, reason.FromZero})
}

// TestDifference8: KEDA goes to 0 from any count after the cooldown.
func TestDifference8NotCutFromNToZero(t *testing.T) {
	in := worker()
	in.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
		StabilizationWindowSeconds: new(int32(0)),
		Policies:                   []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 60}},
	}}
	spec := compile(t, in)
	tell(t, replay.Start{Spec: spec, Replicas: 10, State: longAgo(spec, 10)}, nil,
		line{0, 0, 6, reason.ScaleDownLimit},
		line{30, 0, 6, reason.ScaleDownLimit},
		line{60, 0, 2, reason.ScaleDownLimit},
		line{120, 0, 1, reason.Idle},
		line{121, 0, 0, reason.Idle}, // the rate does not hold the last step
	)
}

// TestDifference9: an error is neither activity nor idleness. KEDA leaves the last activity where it was, so that after an
// outage of its source a workload drops to 0 without a cooldown.
func TestDifference9ErrorsStopTheCooldown(t *testing.T) {
	spec := compile(t, worker())
	tell(t, replay.Start{Spec: spec, Replicas: 1, State: longAgo(spec, 1)}, nil,
		line{0, 3, 1, reason.ValidMetricFound},
		line{60, 0, 1, reason.CoolingDown}, // 60 s of 300
		line{61, -1, 1, reason.FailedTrigger},
		line{900, -1, 1, reason.FailedTrigger}, // 61 s, until the first error; the time since is not known
		line{901, 0, 1, reason.CoolingDown},
		line{1139, 0, 1, reason.CoolingDown},
		line{1140, 0, 0, reason.Idle},
	)
}

// TestDifference4: HPA loses its history on restart. Here a digest carries it, and without one nothing is lowered for one
// down window.
func TestDifference4Restart(t *testing.T) {
	spec := compile(t, worker())
	restartAt := func(at int) func(int, *replay.Moment) {
		return func(i int, m *replay.Moment) { m.Restart = i == at }
	}
	t.Run("with a digest nothing changes", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Created: noon}, restartAt(3),
			line{0, 140, 20, reason.TooManyReplicas},
			line{60, 0, 20, reason.ScaleDownStabilized},
			line{120, 0, 20, reason.ScaleDownStabilized},
			line{299, 0, 20, reason.ScaleDownStabilized}, // restarted
			line{300, 0, 1, reason.Idle},
			line{301, 0, 0, reason.Idle},
		)
	})
	t.Run("with a digest, what was wanted last counts until the restart", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Created: noon}, restartAt(1),
			line{0, 100, 20, reason.FromZero}, // and the same until the restart, which no transition told of
			line{900, 0, 20, reason.RestartGuard},
			line{1199, 0, 20, reason.RestartGuard},
			line{1200, 0, 1, reason.Idle},
		)
	})
	t.Run("without a digest: one down window of knowledge", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 10, Created: noon.Add(-time.Hour)}, nil,
			line{0, 0, 10, reason.RestartGuard},
			line{299, 0, 10, reason.RestartGuard},
			line{300, 0, 1, reason.Idle},
			line{301, 0, 0, reason.Idle},
		)
	})
	t.Run("a restart never delays raising", func(t *testing.T) {
		tell(t, replay.Start{Spec: spec, Replicas: 2, Created: noon.Add(-time.Hour)}, nil, line{0, 60, 12, reason.ValidMetricFound})
	})
	t.Run("own writes are still counted by the rates", func(t *testing.T) {
		in := worker()
		in.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{
			Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 3, PeriodSeconds: 60}},
		}}
		tell(t, replay.Start{Spec: compile(t, in), Created: noon}, restartAt(2),
			line{0, 100, 3, reason.ScaleUpLimit},
			line{1, 100, 3, reason.ScaleUpLimit},
			line{30, 100, 3, reason.ScaleUpLimit}, // restarted
			line{60, 100, 6, reason.ScaleUpLimit},
		)
	})
	t.Run("a fallback that stood still stands", func(t *testing.T) {
		in := worker()
		in.Fallback = &v1alpha1.Fallback{Replicas: 4, After: 3}
		tell(t, replay.Start{Spec: compile(t, in), Created: noon}, func(i int, m *replay.Moment) {
			m.Restart = i == 2
			if i == 0 || i == 1 {
				m.Samples[0].Failures = 3
			}
		},
			line{0, -1, 4, reason.FromZero},
			line{30, -1, 4, reason.ValidMetricFound},
			line{60, -1, 4, reason.ValidMetricFound}, // restarted, and the first failure of the new process
			line{90, 50, 10, reason.ValidMetricFound},
			line{120, -1, 10, reason.FailedTrigger}, // it answered: failures count from 1 again
		)
	})
}

// TestFailingWhileActive: a source that fails keeps the count; when it answers again, decisions go on.
func TestFailingWhileActive(t *testing.T) {
	spec := compile(t, worker())
	tell(t, replay.Start{Spec: spec, Created: noon}, nil,
		line{0, 60, 12, reason.FromZero},
		line{30, -1, 12, reason.FailedTrigger},
		line{3600, -1, 12, reason.FailedTrigger},
		line{3630, 75, 15, reason.ValidMetricFound},
		line{3631, 10, 15, reason.ScaleDownStabilized},
	)
}

// TestFallbackOverTime: after so many failures the fallback stands in, and steps back when the source answers.
func TestFallbackOverTime(t *testing.T) {
	in := worker()
	in.Fallback = &v1alpha1.Fallback{Replicas: 4, After: 3}
	failures := int32(0)
	tell(t, replay.Start{Spec: compile(t, in), Created: noon}, func(_ int, m *replay.Moment) {
		if m.Samples[0].Err != nil {
			failures++
			m.Samples[0].Failures = failures
		}
	},
		line{0, 10, 2, reason.FromZero},
		line{30, -1, 2, reason.FailedTrigger},
		line{60, -1, 2, reason.FailedTrigger},
		line{90, -1, 4, reason.ValidMetricFound},
		line{120, 35, 7, reason.ValidMetricFound},
	)
	t.Run("failures that count from 1 again are others", func(t *testing.T) {
		failures := []int32{3, 1}
		tell(t, replay.Start{Spec: compile(t, in), Created: noon}, func(i int, m *replay.Moment) { m.Samples[0].Failures = failures[i] },
			line{0, -1, 4, reason.FromZero},
			line{60, -1, 4, reason.FailedTrigger},
		)
	})
}

// TestLostWrite: a write that did not arrive is decided again, and the rates do not count it.
func TestLostWrite(t *testing.T) {
	in := worker()
	in.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{
		Policies: []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: 3, PeriodSeconds: 60}},
	}}
	tell(t, replay.Start{Spec: compile(t, in), Created: noon}, func(i int, m *replay.Moment) { m.Lost = i < 2 },
		line{0, 100, 3, reason.ScaleUpLimit},
		line{1, 100, 3, reason.ScaleUpLimit},
		line{2, 100, 3, reason.ScaleUpLimit}, // arrives
		line{3, 100, 3, reason.ScaleUpLimit}, // and now it is counted
		line{61, 100, 3, reason.ScaleUpLimit},
		line{62, 100, 6, reason.ScaleUpLimit},
	)
}

// TestSomebodyElsesWrite: a count that somebody else wrote is the new current, and no change of ours.
func TestSomebodyElsesWrite(t *testing.T) {
	spec := compile(t, worker())
	tell(t, replay.Start{Spec: spec, Created: noon}, func(i int, m *replay.Moment) {
		if i == 1 {
			m.Replicas = new(int32(3))
		}
	},
		line{0, 50, 10, reason.FromZero},
		line{1, 50, 10, reason.ValidMetricFound},
	)
}

// TestFollowsTheQueue: without lowering in between, the count follows a growing queue at every step.
func TestFollowsTheQueue(t *testing.T) {
	got := counts(replay.Run(replay.Start{Spec: compile(t, worker()), Created: noon},
		queueTrace([2]int64{0, 4}, [2]int64{1, 6}, [2]int64{2, 31}, [2]int64{3, 95}, [2]int64{4, 96})))
	if diff := cmp.Diff([]int32{1, 2, 7, 19, 20}, got); diff != "" || !slices.IsSorted(got) {
		t.Error(diff)
	}
}
