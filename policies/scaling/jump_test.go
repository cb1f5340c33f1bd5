package scaling_test

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// TestClockJumps: how long ago something was does not change when the clock is set. Each story is that of a queue which had 140
// items (20 pods) and is empty since; the clock is set after a minute.
func TestClockJumps(t *testing.T) {
	spec := compile(t, worker())
	for name, by := range map[string]time.Duration{
		"not at all": 0, "a second, as by slewing": time.Second, "an hour forward": time.Hour, "a day forward": 24 * time.Hour, "an hour back": -time.Hour,
		"a day back": -24 * time.Hour,
	} {
		t.Run(name, func(t *testing.T) {
			var state scaling.State
			replicas := int32(0)
			for _, moment := range []struct {
				after  time.Duration
				items  int64
				want   int32
				reason reason.Code
			}{
				{0, 0, 0, reason.Idle},
				{10 * time.Second, 140, 20, reason.TooManyReplicas},
				{70 * time.Second, 0, 20, reason.ScaleDownStabilized}, // the clock is set before this
				{200 * time.Second, 0, 20, reason.ScaleDownStabilized},
				{305 * time.Second, 0, 20, reason.ScaleDownStabilized},
				{313 * time.Second, 0, 1, reason.Idle}, // 140 were seen more than 300 s ago, and so was the last activity
				{330 * time.Second, 0, 0, reason.Idle},
				{340 * time.Second, 7, 2, reason.FromZero},
			} {
				now := noon.Add(moment.after)
				if moment.after >= 70*time.Second {
					now = now.Add(by)
				}
				d, next := scaling.Decide(scaling.Input{
					Spec: spec, Now: now, Steady: time.Hour + moment.after, State: state, Created: noon,
					Samples: []scaling.Sample{number(moment.items)}, Target: scaling.Target{Replicas: replicas},
				})
				if d.Replicas != moment.want || d.Reason != moment.reason {
					t.Fatalf("after %s with %d items: %v %d %s, want %d %s", moment.after, moment.items, d.Verb, d.Replicas, d.Reason, moment.want, moment.reason)
				}
				replicas, state = d.Replicas, next
			}
		})
	}
}
