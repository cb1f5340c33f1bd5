package replay_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

func TestRun(t *testing.T) {
	in := v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 20, Triggers: []v1alpha1.Trigger{{
		Type: "redis", Metadata: map[string]string{"address": "redis:6379", "listName": "q", "listLength": "5"},
	}}}
	spec, errs := scaling.SpecFrom(&in)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	noon := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	at := func(second int, items int64) replay.Moment {
		now := noon.Add(time.Duration(second) * time.Second)
		return replay.Moment{At: now, Samples: []scaling.Sample{{Time: now, Value: items * 1000}}}
	}
	moments := []replay.Moment{at(0, 10), at(1, 30), at(2, 30), at(3, 30), at(4, 5), at(5, 5)}
	moments[1].Lost = true                // the next moment still sees 2
	moments[3].Replicas = new(int32(4))   // somebody else writes
	moments[4].Err = errors.New("denied") // and holds
	moments[5].Restart = true             // with the digest: 6 were wanted 2 s ago
	decisions := replay.Run(replay.Start{Spec: &spec, Created: noon}, moments)
	type counts struct{ from, to int32 }
	var got []counts
	for _, d := range decisions {
		got = append(got, counts{d.Current, d.Replicas})
	}
	want := []counts{{0, 2}, {2, 6}, {2, 6}, {4, 6}, {6, 6}, {6, 6}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if decisions[4].Verb != scaling.Hold {
		t.Errorf("an unreadable target: %v", decisions[4].Verb)
	}
}
