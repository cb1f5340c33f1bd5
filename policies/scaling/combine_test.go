package scaling_test

import (
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// twoMetrics scales on two External metrics of 10 per pod.
func twoMetrics(noData v1alpha1.NoDataPolicy) v1alpha1.ScalerSpec {
	return v1alpha1.ScalerSpec{MaxReplicas: 20, NoData: noData, Metrics: []autoscalingv2.MetricSpec{
		external("a", averageValue("10")), external("b", averageValue("10")),
	}}
}

func TestCombine(t *testing.T) {
	tests := map[string]struct {
		noData v1alpha1.NoDataPolicy
		a, b   scaling.Sample
		want   answerOf
		active scaling.Condition
	}{
		"the maximum of the proposals": {
			"", number(60), number(80), answerOf{scaling.Write, 8, reason.ValidMetricFound},
			scaling.Condition{Status: scaling.True, Reason: reason.ValidMetricFound, Signal: 1},
		},
		"none has an answer: hold": {
			"", failing(1), failing(1), answerOf{scaling.Hold, 5, reason.FailedGetExternalMetric},
			scaling.Condition{Status: scaling.False, Reason: reason.FailedGetExternalMetric, Signal: 0},
		},
		"none was asked yet: hold, and that is no failure": {
			"", scaling.Sample{}, scaling.Sample{}, answerOf{scaling.Hold, 5, reason.NotYetSampled},
			scaling.Condition{Status: scaling.Unknown, Reason: reason.NotYetSampled, Signal: 0},
		},
		"one was not asked yet, the other fails: the failure says more": {
			"", scaling.Sample{}, failing(1), answerOf{scaling.Hold, 5, reason.FailedGetExternalMetric},
			scaling.Condition{Status: scaling.False, Reason: reason.FailedGetExternalMetric, Signal: 1},
		},
		"some have none, the rest raises: it counts": {
			"", failing(1), number(80), answerOf{scaling.Write, 8, reason.ValidMetricFound},
			scaling.Condition{Status: scaling.True, Reason: reason.ValidMetricFound, Signal: 1},
		},
		"some have none, the rest keeps: it counts": {
			"", failing(1), number(50), answerOf{scaling.Keep, 5, reason.ValidMetricFound},
			scaling.Condition{Status: scaling.True, Reason: reason.ValidMetricFound, Signal: 1},
		},
		"some have none, the rest lowers: lowering waits, and ScalingActive says for which": {
			"", number(20), failing(1), answerOf{scaling.Hold, 5, reason.PartialData},
			scaling.Condition{Status: scaling.False, Reason: reason.FailedGetExternalMetric, Signal: 1},
		},
		"ignore: the metric is left out, and the rest lowers": {
			v1alpha1.NoDataIgnore, number(20), failing(1), answerOf{scaling.Write, 2, reason.ValidMetricFound},
			scaling.Condition{Status: scaling.True, Reason: reason.ValidMetricFound, Signal: 0},
		},
		"ignore: with nothing left there is no answer": {
			v1alpha1.NoDataIgnore, failing(1), failing(1), answerOf{scaling.Hold, 5, reason.FailedGetExternalMetric},
			scaling.Condition{Status: scaling.False, Reason: reason.FailedGetExternalMetric, Signal: 0},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, twoMetrics(test.noData)), replicas(5), test.a, test.b)
			wantAnswer(t, d, test.want)
			if d.Conditions.ScalingActive != test.active {
				t.Errorf("ScalingActive: got %+v, want %+v", d.Conditions.ScalingActive, test.active)
			}
		})
	}
}

// TestNoDataForTooLong: a metric that never answers may be ignored for lowering after a bound of time.
func TestNoDataForTooLong(t *testing.T) {
	spec := compile(t, twoMetrics(""))
	spec.Signals[1].IgnoreAfter = 10 * time.Minute
	state := longAgo(spec, 5)
	_, state = scaling.Decide(scaling.Input{Spec: spec, Target: replicas(5), Samples: []scaling.Sample{number(20), number(0)}, State: state, Now: noon})
	for _, step := range []struct {
		after time.Duration
		want  answerOf
	}{
		{time.Minute, answerOf{scaling.Hold, 5, reason.PartialData}},
		{10*time.Minute + 59*time.Second, answerOf{scaling.Hold, 5, reason.PartialData}},
		{11 * time.Minute, answerOf{scaling.Write, 2, reason.ValidMetricFound}},
	} {
		var d scaling.Decision
		d, state = scaling.Decide(scaling.Input{
			Spec: spec, Target: replicas(5), Samples: []scaling.Sample{number(20), failing(1)}, State: state, Now: noon.Add(step.after),
		})
		wantAnswer(t, d, step.want)
	}
}

// TestMissingAnswers: each kind has a reason of its own.
func TestMissingAnswers(t *testing.T) {
	container := autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType, ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
		Name: "cpu", Container: "app", Target: utilization(50),
	}}
	for want, in := range map[reason.Code]v1alpha1.ScalerSpec{
		reason.FailedGetResourceMetric:          {Metrics: []autoscalingv2.MetricSpec{cpu(50)}},
		reason.FailedGetContainerResourceMetric: {Metrics: []autoscalingv2.MetricSpec{container}},
		reason.FailedGetPodsMetric:              {Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "1")}},
		reason.FailedGetObjectMetric:            {Metrics: []autoscalingv2.MetricSpec{object("m", averageValue("1"))}},
		reason.FailedGetExternalMetric:          {Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("1"))}},
		reason.FailedTrigger:                    {Triggers: []v1alpha1.Trigger{queue("5")}},
	} {
		in.MaxReplicas = 10
		wantAnswer(t, decide(compile(t, in), replicas(3), failing(1)), answerOf{scaling.Hold, 3, want})
	}
}

// TestDifference10: no data is no answer, and not 0.
func TestDifference10NoDataIsNoAnswer(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 10, Triggers: []v1alpha1.Trigger{queue("5")}})
	wantAnswer(t, decide(spec, replicas(3), failing(1)), answerOf{scaling.Hold, 3, reason.FailedTrigger})
	wantAnswer(t, decide(spec, replicas(3)), answerOf{scaling.Hold, 3, reason.NotYetSampled})
	wantAnswer(t, decide(spec, replicas(3), number(0)), answerOf{scaling.Write, 1, reason.Idle})
}

// TestFallback: after so many failures in a row a candidate stands in, like any other, per source, from zero too.
func TestFallback(t *testing.T) {
	redis := func(behavior v1alpha1.FallbackBehavior) v1alpha1.ScalerSpec {
		other := queue("5")
		other.Name = "other"
		return v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 20, Triggers: []v1alpha1.Trigger{queue("5"), other},
			Fallback: &v1alpha1.Fallback{Replicas: 6, After: 3, Behavior: behavior}}
	}
	withDefaults := redis("")
	withDefaults.Fallback.After = 0
	tests := map[string]struct {
		spec    v1alpha1.ScalerSpec
		current int32
		a, b    scaling.Sample
		want    answerOf
		stands  bool
	}{
		"too few failures":                       {redis("static"), 4, failing(2), number(5), answerOf{scaling.Hold, 4, reason.PartialData}, false},
		"static raises":                          {redis("static"), 4, failing(3), number(5), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"static lowers":                          {redis("static"), 9, failing(3), number(5), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"static is a candidate in the maximum":   {redis("static"), 4, failing(3), number(40), answerOf{scaling.Write, 8, reason.ValidMetricFound}, true},
		"static and 3 failures are the defaults": {withDefaults, 4, failing(3), number(5), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"static works from 0":                    {redis("static"), 0, failing(3), number(0), answerOf{scaling.Write, 6, reason.FromZero}, true},
		"all sources fail":                       {redis("static"), 4, failing(3), failing(9), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"it is per trigger":                      {redis("static"), 9, failing(3), failing(1), answerOf{scaling.Hold, 9, reason.PartialData}, true},
		"currentReplicas":                        {redis("currentReplicas"), 9, failing(3), number(5), answerOf{scaling.Keep, 9, reason.ValidMetricFound}, true},
		"currentReplicas, at 0":                  {redis("currentReplicas"), 0, failing(3), number(0), answerOf{scaling.Keep, 0, reason.Idle}, true},
		"currentReplicasIfHigher, higher":        {redis("currentReplicasIfHigher"), 9, failing(3), number(5), answerOf{scaling.Keep, 9, reason.ValidMetricFound}, true},
		"currentReplicasIfHigher, lower":         {redis("currentReplicasIfHigher"), 4, failing(3), number(5), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"currentReplicasIfLower, higher":         {redis("currentReplicasIfLower"), 9, failing(3), number(5), answerOf{scaling.Write, 6, reason.ValidMetricFound}, true},
		"currentReplicasIfLower, lower":          {redis("currentReplicasIfLower"), 4, failing(3), number(5), answerOf{scaling.Keep, 4, reason.ValidMetricFound}, true},
		"it is not the knowledge that nothing waits": {
			func() v1alpha1.ScalerSpec { s := redis("static"); s.Fallback.Replicas = 0; return s }(),
			1, failing(3), number(0), answerOf{scaling.Keep, 1, reason.ValidMetricFound}, true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, test.spec), replicas(test.current), test.a, test.b)
			wantAnswer(t, d, test.want)
			want := scaling.Condition{Status: scaling.False, Reason: reason.NoFallback, Signal: -1}
			if test.stands {
				want = scaling.Condition{Status: scaling.True, Reason: reason.FallbackActive, Signal: 0}
			}
			if d.Conditions.Fallback != want || d.Proposals[0].Fallback != test.stands {
				t.Errorf("Fallback: got %+v, want %+v; %+v", d.Conditions.Fallback, want, d.Proposals)
			}
		})
	}
}

// TestFallbackOfPodMetrics: metrics of pods have a fallback where noData asks for it, also for a reading that nothing can be
// made of.
func TestFallbackOfPodMetrics(t *testing.T) {
	in := v1alpha1.ScalerSpec{MaxReplicas: 20, Metrics: []autoscalingv2.MetricSpec{cpu(50)}, Fallback: &v1alpha1.Fallback{Replicas: 6, After: 3}}
	wantAnswer(t, decide(compile(t, in), replicas(3), failing(9)), answerOf{scaling.Hold, 3, reason.FailedGetResourceMetric})
	in.NoData = v1alpha1.NoDataFallback
	spec := compile(t, in)
	wantAnswer(t, decide(spec, replicas(3), failing(2)), answerOf{scaling.Hold, 3, reason.FailedGetResourceMetric})
	wantAnswer(t, decide(spec, replicas(3), failing(3)), answerOf{scaling.Write, 6, reason.ValidMetricFound})
	wantAnswer(t, decide(spec, replicas(3), scaling.Sample{Time: noon}), answerOf{scaling.Write, 6, reason.ValidMetricFound})
	wantAnswer(t, decide(spec, replicas(3)), answerOf{scaling.Hold, 3, reason.NotYetSampled})
}
