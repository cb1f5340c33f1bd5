package scaling_test

import (
	"math"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// TestTotals: the rows of the table of proposals for signals that are one number.
func TestTotals(t *testing.T) {
	average, total := external("m", averageValue("10")), external("m", totalValue("100"))
	onObject := object("m", averageValue("10"))
	totalOnObject := object("m", totalValue("100"))
	tests := map[string]struct {
		metric  autoscalingv2.MetricSpec
		current int32
		value   int64
		want    int32
	}{
		"AverageValue: ceil of value over target":              {average, 2, 101, 11},
		"AverageValue at 0: ceil of value over target":         {average, 0, 101, 11},
		"AverageValue at 0 of nothing":                         {average, 0, 0, 0},
		"AverageValue inside tolerance: current":               {average, 10, 109, 10},
		"AverageValue at the upper end of tolerance: current":  {average, 10, 110, 10},
		"AverageValue beyond the upper end of tolerance":       {average, 10, 111, 12},
		"AverageValue at the lower end of tolerance: current":  {average, 10, 90, 10},
		"AverageValue beyond the lower end of tolerance":       {average, 10, 89, 9},
		"AverageValue of an object: ceil of value over target": {onObject, 2, 101, 11},
		"AverageValue saturates":                               {average, 2, math.MaxInt64 / 1000, math.MaxInt32},
		"AverageValue is never negative":                       {average, 2, -50, 0},
		"Value: ratio times ready pods, rounded up":            {total, 4, 260, 11},
		"Value at 0: the ratio, rounded up":                    {total, 0, 260, 3},
		"Value at 0 of nothing":                                {total, 0, 0, 0},
		"Value inside tolerance: current":                      {total, 4, 110, 4},
		"Value beyond tolerance":                               {total, 4, 111, 5},
		"Value lowers":                                         {total, 4, 50, 2},
		"Value of an object":                                   {totalOnObject, 4, 260, 11},
		"Value saturates":                                      {total, 4, math.MaxInt64 / 1000, math.MaxInt32},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: math.MaxInt32, Metrics: []autoscalingv2.MetricSpec{test.metric}})
			d := decide(spec, replicas(test.current), number(test.value))
			if p := d.Proposals[0]; !p.Answered || p.Replicas != test.want {
				t.Errorf("got %+v, want %d", p, test.want)
			}
		})
	}
}

// TestTriggers: a trigger's value counts items, so its tolerance is 0.
func TestTriggers(t *testing.T) {
	redis := v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 1000, Triggers: []v1alpha1.Trigger{queue("10")}}
	explicit := redis
	explicit.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: &autoscalingv2.HPAScalingRules{Tolerance: quantity("0.5")}, ScaleDown: &autoscalingv2.HPAScalingRules{Tolerance: quantity("0.2")},
	}
	inTotal := redis
	inTotal.Triggers = []v1alpha1.Trigger{queue("10")}
	inTotal.Triggers[0].MetricType = autoscalingv2.ValueMetricType
	tests := map[string]struct {
		spec    v1alpha1.ScalerSpec
		current int32
		value   int64
		want    int32
	}{
		"41 waiting items at 10 a pod are 5 pods":         {redis, 4, 41, 5},
		"39 waiting items at 10 a pod are 4 pods, not 5":  {redis, 5, 39, 4},
		"as many as the pods take":                        {redis, 4, 40, 4},
		"from 0: all at once":                             {redis, 0, 999, 100},
		"behavior's tolerance holds for triggers: up":     {explicit, 4, 60, 4},
		"behavior's tolerance holds for triggers: beyond": {explicit, 4, 61, 7},
		"behavior's tolerance is per direction: inside":   {explicit, 5, 40, 5},
		"behavior's tolerance is per direction: beyond":   {explicit, 5, 39, 4},
		"metricType Value: ratio times ready pods":        {inTotal, 3, 25, 8},
		"metricType Value has no tolerance of its own":    {inTotal, 3, 11, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, test.spec), replicas(test.current), number(test.value))
			if p := d.Proposals[0]; !p.Answered || p.Replicas != test.want {
				t.Errorf("got %+v, want %d", p, test.want)
			}
		})
	}
}

// TestActivity: active is value > activation threshold, and only what sees work without pods can be active.
func TestActivity(t *testing.T) {
	threshold := queue("10")
	threshold.Metadata["activationListLength"] = "20"
	tests := map[string]struct {
		spec  v1alpha1.ScalerSpec
		value int64
		want  bool
	}{
		"nothing waits":                    {v1alpha1.ScalerSpec{Triggers: []v1alpha1.Trigger{queue("10")}}, 0, false},
		"one item waits":                   {v1alpha1.ScalerSpec{Triggers: []v1alpha1.Trigger{queue("10")}}, 1, true},
		"at the threshold: not above it":   {v1alpha1.ScalerSpec{Triggers: []v1alpha1.Trigger{threshold}}, 20, false},
		"above the threshold":              {v1alpha1.ScalerSpec{Triggers: []v1alpha1.Trigger{threshold}}, 21, true},
		"an External metric wakes":         {v1alpha1.ScalerSpec{Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("10"))}}, 1, true},
		"an External metric of 0 does not": {v1alpha1.ScalerSpec{Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("10"))}}, 0, false},
		"an Object metric wakes":           {v1alpha1.ScalerSpec{Metrics: []autoscalingv2.MetricSpec{object("m", totalValue("10"))}}, 1, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.spec.MaxReplicas = 10
			if d := decide(compile(t, test.spec), replicas(1), number(test.value)); d.Proposals[0].Active != test.want {
				t.Errorf("got %+v, want active %v", d.Proposals[0], test.want)
			}
		})
	}
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "10")}})
	d := decide(spec, replicas(1), scaling.Sample{Time: noon, Pods: []scaling.PodSample{{Name: "pod-00", Value: 99000, Time: noon}}})
	if !d.Proposals[0].Answered || d.Proposals[0].Active {
		t.Errorf("metrics of pods are never active: %+v", d.Proposals[0])
	}
}

// TestDifference1: HPA divides an AverageValue by the observed count and answers with it inside tolerance, so that a surge
// of a rollout writes itself. The observed count is no part of the Input; what is divided by is spec.replicas.
func TestDifference1SurgeDoesNotFeedBack(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 50, Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("10"))}})
	target := scaling.Target{Replicas: 10, Pods: readyPods(11)} // one more than asked for
	if d := decide(spec, target, number(105)); d.Replicas != 10 || d.Verb != scaling.Keep {
		t.Errorf("got %v %d, want Keep 10", d.Verb, d.Replicas)
	}
}

// TestDifference2: HPA proposes 0 for a Value metric when no pod is ready, which in an overload is all of them.
func TestDifference2NoReadyPodIsNoAnswer(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 50, Metrics: []autoscalingv2.MetricSpec{external("m", totalValue("10"))}})
	down := readyPods(3)
	for i := range down {
		down[i].Ready = scaling.False
	}
	for name, value := range map[string]int64{"overload": 500, "little load": 1} {
		d := decide(spec, scaling.Target{Replicas: 3, Pods: down}, number(value))
		if d.Verb != scaling.Hold || d.Proposals[0].Answered {
			t.Errorf("%s: got %v %+v, want Hold without an answer", name, d.Verb, d.Proposals[0])
		}
	}
	if d := decide(spec, scaling.Target{Replicas: 3, Pods: down}, number(10)); !d.Proposals[0].Answered || d.Verb != scaling.Keep {
		t.Errorf("inside tolerance nothing is multiplied: got %v %+v", d.Verb, d.Proposals[0])
	}
}

// TestDifference3: HPA counts terminating pods as ready for Value metrics, and averages in samples of unknown pods.
func TestDifference3OnlyPodsThatStayCount(t *testing.T) {
	t.Run("terminating pods do not count as ready", func(t *testing.T) {
		spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 50, Metrics: []autoscalingv2.MetricSpec{external("m", totalValue("10"))}})
		pods := readyPods(4)
		pods[0].Deleting, pods[1].Phase = true, scaling.PodPending
		pods[2].Ready = scaling.Unknown
		if d := decide(spec, scaling.Target{Replicas: 4, Pods: pods}, number(50)); d.Proposals[0].Replicas != 5 {
			t.Errorf("got %+v, want 5 for one ready pod at 5 times the target", d.Proposals[0])
		}
	})
	t.Run("samples of unknown pods are not averaged in", func(t *testing.T) {
		spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 50, Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "10")}})
		sample := scaling.Sample{Time: noon, Pods: []scaling.PodSample{
			{Name: "other-0", Value: 1000_000, Time: noon}, {Name: "pod-00", Value: 20_000, Time: noon}, {Name: "pod-01", Value: 20_000, Time: noon},
			{Name: "zebra-0", Value: 1000_000, Time: noon},
		}}
		if d := decide(spec, replicas(2), sample); d.Proposals[0].Replicas != 4 || d.Proposals[0].Value != 20_000 {
			t.Errorf("got %+v, want 4 for 20 on average", d.Proposals[0])
		}
	})
}

// TestCronTrigger: a source whose value is its desired replicas while its window is open.
func TestCronTrigger(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 20, Triggers: []v1alpha1.Trigger{{
		Type: "cron", Metadata: map[string]string{"timezone": "Europe/Berlin", "start": "0 8 * * *", "end": "0 18 * * *", "desiredReplicas": "7"},
	}}})
	at := func(hour int) scaling.Decision {
		d, _ := scaling.Decide(scaling.Input{Spec: spec, Now: time.Date(2026, 1, 15, hour, 0, 0, 0, time.UTC)})
		return d
	}
	if d := at(6); d.Verb != scaling.Keep || d.Proposals[0].Active || !d.Next.Equal(time.Date(2026, 1, 15, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("closed: got %+v", d)
	}
	if d := at(7); d.Verb != scaling.Write || d.Replicas != 7 || !d.Proposals[0].Active || d.Proposals[0].Value != 7000 ||
		!d.Next.Equal(time.Date(2026, 1, 15, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("open: got %+v", d)
	}
}
