package scaling_test

import (
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

func rate(kind autoscalingv2.HPAScalingPolicyType, value, seconds int32) autoscalingv2.HPAScalingPolicy {
	return autoscalingv2.HPAScalingPolicy{Type: kind, Value: value, PeriodSeconds: seconds}
}

const (
	pods    = autoscalingv2.PodsScalingPolicy
	percent = autoscalingv2.PercentScalingPolicy
)

func ruled(window int32, choice autoscalingv2.ScalingPolicySelect, policies ...autoscalingv2.HPAScalingPolicy) *autoscalingv2.HPAScalingRules {
	return &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &window, SelectPolicy: &choice, Policies: policies}
}

func behaving(in v1alpha1.ScalerSpec, up, down *autoscalingv2.HPAScalingRules) v1alpha1.ScalerSpec {
	in.MaxReplicas = 1000
	in.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: up, ScaleDown: down}
	return in
}

// web scales on a metric of 10 per pod: it counts demand, so that without behavior raising is not limited.
func web() v1alpha1.ScalerSpec { return measuring(external("m", averageValue("10"))) }

// latency scales on a metric of 10 for all pods together: it is a ratio, so that the default limits hold.
func latency() v1alpha1.ScalerSpec { return measuring(external("m", totalValue("10"))) }

func measuring(m autoscalingv2.MetricSpec) v1alpha1.ScalerSpec {
	return v1alpha1.ScalerSpec{MinReplicas: new(int32(1)), MaxReplicas: 1000, Metrics: []autoscalingv2.MetricSpec{m}}
}

const (
	most  = autoscalingv2.MaxChangePolicySelect
	least = autoscalingv2.MinChangePolicySelect
	off   = autoscalingv2.DisabledPolicySelect
)

func TestLimits(t *testing.T) {
	inTotal := queue("10")
	inTotal.MetricType = autoscalingv2.ValueMetricType
	total := worker()
	total.Triggers = []v1alpha1.Trigger{inTotal}
	tests := map[string]struct {
		spec    v1alpha1.ScalerSpec
		current int32
		value   int64
		want    answerOf
	}{
		"without behavior, up: 4 pods where that is more than 100 %":     {latency(), 3, 100, answerOf{scaling.Write, 7, reason.ScaleUpLimit}},
		"without behavior, up: 100 % where that is more than 4 pods":     {latency(), 10, 50, answerOf{scaling.Write, 20, reason.ScaleUpLimit}},
		"without behavior, up within the limit":                          {latency(), 10, 20, answerOf{scaling.Write, 20, reason.ValidMetricFound}},
		"without behavior, up for External by AverageValue: not limited": {web(), 3, 500, answerOf{scaling.Write, 50, reason.ValidMetricFound}},
		"without behavior, up for Object by AverageValue: not limited": {
			measuring(object("m", averageValue("10"))), 3, 500, answerOf{scaling.Write, 50, reason.ValidMetricFound},
		},
		"without behavior, up for Object by Value: limited":        {measuring(object("m", totalValue("10"))), 3, 100, answerOf{scaling.Write, 7, reason.ScaleUpLimit}},
		"without behavior, for a trigger by Value: limited":        {total, 3, 60, answerOf{scaling.Write, 7, reason.ScaleUpLimit}},
		"without behavior, for a trigger by Value from 0: not":     {total, 0, 60, answerOf{scaling.Write, 6, reason.FromZero}},
		"behavior for down only, up for External: not limited":     {behaving(web(), nil, ruled(0, most)), 2, 950, answerOf{scaling.Write, 95, reason.ValidMetricFound}},
		"without behavior, down: 100 %":                            {web(), 100, 10, answerOf{scaling.Write, 1, reason.ValidMetricFound}},
		"without behavior, for a trigger: not limited":             {worker(), 2, 95, answerOf{scaling.Write, 19, reason.ValidMetricFound}},
		"behavior for down only, for a trigger: up is not limited": {behaving(worker(), nil, ruled(0, most)), 2, 950, answerOf{scaling.Write, 190, reason.ValidMetricFound}},
		"behavior for up, for a trigger: limited":                  {behaving(worker(), ruled(0, most), nil), 2, 950, answerOf{scaling.Write, 6, reason.ScaleUpLimit}},
		"behavior for up, from 0: limited":                         {behaving(worker(), ruled(0, most, rate(pods, 3, 60)), nil), 0, 95, answerOf{scaling.Write, 3, reason.ScaleUpLimit}},
		"behavior for up, from 0: a percentage of nothing is no limit": {
			behaving(worker(), ruled(0, most, rate(percent, 50, 60)), nil), 0, 95, answerOf{scaling.Write, 19, reason.FromZero},
		},
		"behavior for up, from 0: the percentage beside pods is left out": {
			behaving(worker(), ruled(0, least, rate(percent, 50, 60), rate(pods, 5, 60)), nil), 0, 95, answerOf{scaling.Write, 5, reason.ScaleUpLimit},
		},
		"from 0 disabled":                         {behaving(worker(), ruled(0, off), nil), 0, 95, answerOf{scaling.Keep, 0, reason.ScaleUpLimit}},
		"up: Max takes the largest change":        {behaving(web(), ruled(0, most, rate(pods, 3, 60), rate(percent, 50, 60)), nil), 10, 5000, answerOf{scaling.Write, 15, reason.ScaleUpLimit}},
		"up: Min takes the smallest change":       {behaving(web(), ruled(0, least, rate(pods, 3, 60), rate(percent, 50, 60)), nil), 10, 5000, answerOf{scaling.Write, 13, reason.ScaleUpLimit}},
		"up: percent is rounded up":               {behaving(web(), ruled(0, most, rate(percent, 5, 60)), nil), 10, 5000, answerOf{scaling.Write, 11, reason.ScaleUpLimit}},
		"up: disabled":                            {behaving(web(), ruled(0, off), nil), 10, 5000, answerOf{scaling.Keep, 10, reason.ScaleUpLimit}},
		"up: what is missing is autoscaling/v2's": {behaving(web(), &autoscalingv2.HPAScalingRules{}, nil), 10, 5000, answerOf{scaling.Write, 20, reason.ScaleUpLimit}},
		"down: Max takes the largest change":      {behaving(web(), nil, ruled(0, most, rate(pods, 3, 60), rate(percent, 50, 60))), 10, 10, answerOf{scaling.Write, 5, reason.ScaleDownLimit}},
		"down: Min takes the smallest change":     {behaving(web(), nil, ruled(0, least, rate(pods, 3, 60), rate(percent, 50, 60))), 10, 10, answerOf{scaling.Write, 7, reason.ScaleDownLimit}},
		"down: percent is truncated":              {behaving(web(), nil, ruled(0, most, rate(percent, 5, 60))), 10, 10, answerOf{scaling.Write, 9, reason.ScaleDownLimit}},
		"down: disabled":                          {behaving(web(), nil, ruled(0, off)), 10, 10, answerOf{scaling.Keep, 10, reason.ScaleDownLimit}},
		"down: more than all":                     {behaving(web(), nil, ruled(0, most, rate(percent, 300, 60))), 10, 10, answerOf{scaling.Write, 1, reason.ValidMetricFound}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, test.spec), replicas(test.current), number(test.value))
			wantAnswer(t, d, test.want)
			if limited := d.Conditions.ScalingLimited.Status == scaling.True; limited != (test.want.Reason == reason.ScaleUpLimit || test.want.Reason == reason.ScaleDownLimit) {
				t.Errorf("ScalingLimited: %+v", d.Conditions.ScalingLimited)
			}
		})
	}
}

// TestDemandRaisesPastTheLimit: the default limits are for what a ratio asks for; the demand's part of it is known exactly.
func TestDemandRaisesPastTheLimit(t *testing.T) {
	byTrigger, byMetric := latency(), latency()
	byTrigger.Triggers = []v1alpha1.Trigger{queue("5")}
	byMetric.Metrics = append(byMetric.Metrics, external("waiting", averageValue("5")))
	for name, in := range map[string]v1alpha1.ScalerSpec{"trigger": byTrigger, "External metric": byMetric} {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, in)
			wantAnswer(t, decide(spec, replicas(4), number(500), number(60)), answerOf{scaling.Write, 12, reason.ScaleUpLimit})
			wantAnswer(t, decide(spec, replicas(4), number(500), number(30)), answerOf{scaling.Write, 8, reason.ScaleUpLimit})
		})
	}
}

// TestRates: base is the count at the start of the period, by our own writes.
func TestRates(t *testing.T) {
	tests := map[string]struct {
		spec  v1alpha1.ScalerSpec
		start int32
		lines []line
	}{
		"pods per period, up": {
			behaving(web(), ruled(0, most, rate(pods, 4, 60)), nil), 10,
			[]line{{0, 900, 14, reason.ScaleUpLimit}, {59, 900, 14, reason.ScaleUpLimit}, {60, 900, 18, reason.ScaleUpLimit}, {90, 900, 18, reason.ScaleUpLimit}},
		},
		"pods per period, down": {
			behaving(web(), nil, ruled(0, most, rate(pods, 4, 60))), 20,
			[]line{{0, 10, 16, reason.ScaleDownLimit}, {59, 10, 16, reason.ScaleDownLimit}, {60, 10, 12, reason.ScaleDownLimit}},
		},
		"percent per period is of the count at its start": {
			behaving(web(), ruled(0, most, rate(percent, 100, 60)), nil), 10,
			[]line{{0, 150, 15, reason.ValidMetricFound}, {30, 900, 20, reason.ScaleUpLimit}, {59, 900, 20, reason.ScaleUpLimit}, {60, 900, 30, reason.ScaleUpLimit}},
		},
		"what was removed in the period may come back": {
			behaving(web(), ruled(0, most, rate(pods, 2, 60)), ruled(0, most, rate(pods, 100, 60))), 10,
			[]line{{0, 50, 5, reason.ValidMetricFound}, {30, 900, 12, reason.ScaleUpLimit}},
		},
		"policies of different periods": {
			behaving(web(), ruled(0, least, rate(pods, 5, 10), rate(pods, 8, 60)), nil), 10,
			[]line{{0, 900, 15, reason.ScaleUpLimit}, {9, 900, 15, reason.ScaleUpLimit}, {10, 900, 18, reason.ScaleUpLimit}, {20, 900, 18, reason.ScaleUpLimit}, {60, 900, 23, reason.ScaleUpLimit}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, test.spec)
			tell(t, replay.Start{Spec: spec, Replicas: test.start, State: longAgo(spec, test.start)}, nil, test.lines...)
		})
	}
}

// TestStabilization: the count is raised to the least proposal of the up window, and lowered to the highest of the down
// window.
func TestStabilization(t *testing.T) {
	tests := map[string]struct {
		spec  v1alpha1.ScalerSpec
		start int32
		lines []line
	}{
		"without behavior: nothing holds raising, 300 s hold lowering": {web(), 10, []line{
			{0, 100, 10, reason.ValidMetricFound}, {1, 150, 15, reason.ValidMetricFound}, {2, 50, 15, reason.ScaleDownStabilized},
			{300, 50, 15, reason.ScaleDownStabilized}, {301, 50, 5, reason.ValidMetricFound},
		}},
		"down: to the highest of the window, step by step": {behaving(web(), nil, ruled(60, most)), 20, []line{
			{0, 200, 20, reason.ValidMetricFound}, {20, 150, 20, reason.ScaleDownStabilized}, {40, 100, 20, reason.ScaleDownStabilized},
			{60, 50, 15, reason.ScaleDownStabilized}, {80, 50, 10, reason.ScaleDownStabilized}, {100, 50, 5, reason.ValidMetricFound},
		}},
		"up: to the lowest of the window, step by step": {behaving(web(), ruled(60, most), ruled(0, most)), 5, []line{
			{0, 50, 5, reason.ValidMetricFound}, {20, 100, 5, reason.ScaleUpStabilized}, {40, 90, 5, reason.ScaleUpStabilized},
			{60, 200, 9, reason.ScaleUpStabilized}, {99, 200, 9, reason.ScaleUpStabilized}, {100, 180, 18, reason.ValidMetricFound},
		}},
		"both: what flutters within the windows moves nothing": {behaving(web(), ruled(60, most), ruled(60, most)), 10, []line{
			{0, 100, 10, reason.ValidMetricFound}, {20, 150, 10, reason.ScaleUpStabilized}, {40, 50, 10, reason.ScaleDownStabilized},
			{60, 150, 10, reason.ScaleUpStabilized}, {80, 50, 10, reason.ScaleDownStabilized},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, test.spec)
			decisions := tell(t, replay.Start{Spec: spec, Replicas: test.start, State: longAgo(spec, test.start)}, nil, test.lines...)
			for i, d := range decisions {
				held := test.lines[i].reason == reason.ScaleDownStabilized || test.lines[i].reason == reason.ScaleUpStabilized
				if held && d.Verb == scaling.Keep && d.Conditions.AbleToScale.Reason != test.lines[i].reason {
					t.Errorf("line %d: AbleToScale: %+v", i, d.Conditions.AbleToScale)
				}
			}
		})
	}
}

// TestHistoryKeepsUnstabilizedProposals: what was held back is remembered as it was wanted, before policies and bounds.
func TestHistoryKeepsUnstabilizedProposals(t *testing.T) {
	in := behaving(web(), ruled(0, most, rate(pods, 1, 60)), ruled(60, most))
	in.MaxReplicas = 12
	spec := compile(t, in)
	tell(t, replay.Start{Spec: spec, Replicas: 10, State: longAgo(spec, 10)}, nil,
		line{0, 5000, 11, reason.ScaleUpLimit},
		line{59, 10, 11, reason.ScaleDownStabilized}, // 500 were wanted 59 s ago, so that lowering waits
		line{60, 10, 1, reason.ValidMetricFound},
	)
}

// TestNext: the time at which the decision may change without new data.
func TestNext(t *testing.T) {
	limited := compile(t, behaving(web(), ruled(0, most, rate(pods, 4, 60)), nil))
	d := tell(t, replay.Start{Spec: limited, Replicas: 10, State: longAgo(limited, 10)}, nil,
		line{0, 900, 14, reason.ScaleUpLimit}, line{20, 900, 14, reason.ScaleUpLimit})
	if next := d[1].Next; !next.Equal(noon.Add(60 * time.Second)) {
		t.Errorf("the period of a policy ends: %s", next)
	}
	steady := compile(t, web())
	if next := decide(steady, replicas(4), number(40)).Next; !next.IsZero() {
		t.Errorf("nothing changes by itself: %s", next)
	}
}
