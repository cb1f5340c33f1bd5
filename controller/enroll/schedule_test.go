package enroll

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

const (
	night = `[{start: "0 22 * * *", end: "0 6 * * *", replicas: 0}]`
	noon  = `[{start: "0 12 * * *", end: "0 13 * * *", replicas: 2}]`
)

// TestWishOfSchedules: which Scaler comes of a schedule, by where it stands.
func TestWishOfSchedules(t *testing.T) {
	zero, one := int32(0), int32(1)
	type answer struct {
		Min     *int32
		Max     int32
		Start   string
		Metrics int
	}
	atNight := &answer{Min: &zero, Start: "0 22 * * *"}
	for name, test := range map[string]struct {
		own, onNamespace string
		max, enabled     string
		notEnrolled      bool
		want             *answer
	}{
		"none":                                          {},
		"the workload's, alone":                         {own: night, want: atNight},
		"the workload's, alone, not enrolled":           {own: night, notEnrolled: true, want: atNight},
		"the Namespace's":                               {onNamespace: night, want: atNight},
		"the Namespace's, not enrolled":                 {onNamespace: night, notEnrolled: true},
		"the Namespace's, opted out":                    {onNamespace: night, enabled: "false"},
		"the workload's own comes first":                {own: noon, onNamespace: night, want: &answer{Min: &zero, Start: "0 12 * * *"}},
		"the Namespace's, and the workload scales":      {onNamespace: night, max: "5", want: &answer{Min: &one, Max: 5, Start: "0 22 * * *", Metrics: 1}},
		"not enrolled, and the workload scales":         {onNamespace: night, notEnrolled: true, max: "5", want: &answer{Min: &one, Max: 5}},
		"the workload's, and an upper bound of its own": {own: night, max: "5", want: &answer{Min: &one, Max: 5, Start: "0 22 * * *"}},
	} {
		t.Run(name, func(t *testing.T) {
			labels := map[string]string{"plimsoll.dev/enabled": "true"}
			if test.notEnrolled {
				labels = nil
			}
			ns := resolve.NewNamespace("ns", labels, set("schedule", test.onNamespace), nil)
			w := wish(deployment("web", "d", set("schedule", test.own, "max-replicas", test.max, "enabled", test.enabled)), ns)
			var got *answer
			if w.spec != nil {
				got = &answer{Min: w.spec.MinReplicas, Max: w.spec.MaxReplicas, Metrics: len(w.spec.Metrics)}
				if len(w.spec.Schedule) > 0 {
					got.Start = w.spec.Schedule[0].Start
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || len(w.problems) > 0 {
				t.Errorf("problems %v, -want +got:\n%s", w.problems, diff)
			}
		})
	}
}

// set makes annotations of the keys that have a value.
func set(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out["plimsoll.dev/"+pairs[i]] = pairs[i+1]
		}
	}
	return out
}

// cluster has one workload; its first writes may be refused.
type cluster struct {
	replicas int32
	refuse   int
	writes   []int32
}

func (c *cluster) Fresh(_ context.Context, k targets.Key) (targets.Target, error) {
	return targets.Target{Key: k, Replicas: c.replicas}, nil
}

func (c *cluster) Scale(_ context.Context, t targets.Target, n int32) (targets.Target, error) {
	if c.refuse--; c.refuse >= 0 {
		return t, errors.New("changed meanwhile")
	}
	c.replicas = n
	c.writes = append(c.writes, n)
	return t, nil
}

// TestRestore: who takes a schedule away while a window is open gets the replicas back that were there before it.
func TestRestore(t *testing.T) {
	for name, test := range map[string]struct {
		digest   string
		replicas int32
		refuse   int
		want     []int32
		fails    bool
	}{
		"asleep":                   {digest: "v1|at=1767225600000|zero=2|base=4", want: []int32{4}},
		"asleep, somebody faster":  {digest: "v1|at=1767225600000|zero=2|base=4", refuse: 2, want: []int32{4}},
		"asleep, refused for ever": {digest: "v1|at=1767225600000|zero=2|base=4", refuse: 99, fails: true},
		"awake again":              {digest: "v1|at=1767225600000|base=4", replicas: 4},
		"nothing owed":             {digest: "v1|at=1767225600000|zero=2"},
		"nothing known":            {},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cluster{replicas: test.replicas, refuse: test.refuse}
			r := &Reconciler{Targets: c, Writer: c}
			err := r.restore(t.Context(), &v1alpha1.Scaler{Status: v1alpha1.ScalerStatus{Digest: test.digest}})
			if diff := cmp.Diff(test.want, c.writes); diff != "" || (err != nil) != test.fails {
				t.Errorf("error %v, writes -want +got:\n%s", err, diff)
			}
		})
	}
}
