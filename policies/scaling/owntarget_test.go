package scaling_test

import (
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// TestSourceTellsTargetAndActivity: of what another program scales by, that program knows the target and what active means.
func TestSourceTellsTargetAndActivity(t *testing.T) {
	told := func(value, target int64, active scaling.Tristate) scaling.Sample {
		return scaling.Sample{Time: noon, Value: value * 1000, Target: target * 1000, Active: active}
	}
	for name, test := range map[string]struct {
		kind   autoscalingv2.MetricTargetType
		sample scaling.Sample
		cur    int32
		want   int32
		active bool
	}{
		"ceil of value over its target":            {"", told(101, 20, scaling.True), 2, 6, true},
		"from zero in one step":                    {"", told(101, 20, scaling.True), 0, 6, true},
		"a value, and inactive all the same":       {"", told(101, 20, scaling.False), 2, 6, false},
		"no value, and active all the same":        {"", told(0, 20, scaling.True), 0, 0, true},
		"activity not told follows from the value": {"", told(1, 20, scaling.Absent), 1, 1, true},
		"a target for all pods":                    {autoscalingv2.ValueMetricType, told(60, 20, scaling.True), 0, 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 100, Triggers: []v1alpha1.Trigger{{
				Type: "beanstalkd", MetricType: test.kind, Metadata: map[string]string{"server": "b:1", "tube": "t", "value": "7"},
			}}})
			d := decide(spec, replicas(test.cur), test.sample)
			if p := d.Proposals[0]; !p.Answered || p.Replicas != test.want || p.Active != test.active {
				t.Fatalf("got %+v, want %d, active %t", p, test.want, test.active)
			}
			if text := scaling.Summary(spec, &d); test.kind == "" && !strings.Contains(text, "20 per pod") {
				t.Errorf("the target is not the one that was told: %s", text)
			}
		})
	}
}
