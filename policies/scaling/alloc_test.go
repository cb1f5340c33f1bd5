package scaling_test

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// TestDeciderDoesNotAllocate in steady state: a decision is made for every workload at every reading.
func TestDeciderDoesNotAllocate(t *testing.T) {
	for name, in := range map[string]scaling.Input{"three signals": threeSignals(t), "a schedule": scheduled(t), "100 pods": hundredPods(t)} {
		var decider scaling.Decider
		allocations := testing.AllocsPerRun(100, func() {
			in.Now = in.Now.Add(time.Second)
			_, in.State = decider.Decide(in)
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations", name, allocations)
		}
	}
}
