package scaling_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/scaling/replay"
)

func words(spec *scaling.Spec, d scaling.Decision) []string {
	var all []string
	for _, s := range d.Trace {
		all = append(all, s.Stage.String()+": "+scaling.Describe(spec, &d, s))
	}
	return all
}

// TestDescribe: every kind of step in plain words.
func TestDescribe(t *testing.T) {
	spec := func(change func(*v1alpha1.ScalerSpec)) *scaling.Spec {
		in := worker()
		change(&in)
		return compile(t, in)
	}
	plain := spec(func(*v1alpha1.ScalerSpec) {})
	metric := func(m autoscalingv2.MetricSpec) *scaling.Spec {
		return compile(t, v1alpha1.ScalerSpec{MaxReplicas: 20, Metrics: []autoscalingv2.MetricSpec{m}})
	}
	rolling := replicas(5)
	rolling.RollingOut = true
	average := func(value int64) scaling.Sample {
		return scaling.Sample{Time: noon, Pods: []scaling.PodSample{{Name: "pod-00", Value: value, Time: noon}}}
	}
	one := replicas(1)
	sleeping := v1alpha1.ScheduleWindow{Start: "55 * * * *", End: "5 * * * *"}
	tests := map[string]struct {
		spec    *scaling.Spec
		target  scaling.Target
		samples []scaling.Sample
		want    []string
		summary string
	}{
		"from zero": {plain, replicas(0), []scaling.Sample{number(140)}, []string{
			"proposals: redis job-queue: 140 waiting, 5 per pod: 28",
			"combine: maximum of 1 proposal: 28",
			"from zero: one step from zero",
			"bounds: max-replicas is 20",
		}, "redis job-queue: 140 waiting, 5 per pod: 28; max-replicas is 20"},
		"no answer": {plain, replicas(3), []scaling.Sample{failing(1)}, []string{
			"proposals: redis job-queue has no answer", "combine: redis job-queue has no answer",
		}, "redis job-queue has no answer"},
		"not read yet": {plain, replicas(3), nil, []string{
			"proposals: redis job-queue was not read yet", "combine: redis job-queue was not read yet",
		}, "redis job-queue was not read yet"},
		"unreadable": {plain, scaling.Target{Err: errors.New("x")}, []scaling.Sample{number(1)}, []string{
			"proposals: redis job-queue: 1 waiting, 5 per pod: 1", "target: the target or its scale cannot be read",
		}, "the target or its scale cannot be read"},
		"idle": {plain, replicas(1), []scaling.Sample{number(0)}, []string{
			"proposals: redis job-queue: 0 waiting, 5 per pod: 0", "combine: maximum of 1 proposal: 0",
		}, "redis job-queue: 0 waiting, 5 per pod: 0"},
		"idle, above the floor": {plain, replicas(4), []scaling.Sample{number(0)}, []string{
			"proposals: redis job-queue: 0 waiting, 5 per pod: 0", "combine: maximum of 1 proposal: 0", "zero: idle: 1",
		}, "redis job-queue: 0 waiting, 5 per pod: 0; idle: 1"},
		"tolerance of a metric": {metric(external("lag", averageValue("10"))), replicas(4), []scaling.Sample{number(41)}, []string{
			"proposals: lag: 41, 10 per pod: close enough for 4", "combine: maximum of 1 proposal: 4",
		}, "lag: 41, 10 per pod: close enough for 4"},
		"a total": {metric(external("busy", totalValue("1500m"))), replicas(2), []scaling.Sample{number(3)}, []string{
			"proposals: busy: 3, target 1.5: 4", "combine: maximum of 1 proposal: 4",
		}, "busy: 3, target 1.5: 4"},
		"utilization": {metric(cpu(50)), one, []scaling.Sample{average(1500)}, []string{
			"proposals: cpu: 150 % of requests, target 50 %: 3", "combine: maximum of 1 proposal: 3",
		}, "cpu: 150 % of requests, target 50 %: 3"},
		"cores": {metric(resourceMetric("cpu", averageValue("500m"))), one, []scaling.Sample{average(1500)}, []string{
			"proposals: cpu: 1500m on average, target 500m: 3", "combine: maximum of 1 proposal: 3",
		}, "cpu: 1500m on average, target 500m: 3"},
		"bytes": {metric(resourceMetric("memory", averageValue("1Gi"))), one, []scaling.Sample{average(3 << 30 * 1000)}, []string{
			"proposals: memory: 3Gi on average, target 1Gi: 3", "combine: maximum of 1 proposal: 3",
		}, "memory: 3Gi on average, target 1Gi: 3"},
		"limited": {metric(external("lag", totalValue("10"))), replicas(2), []scaling.Sample{number(50)}, []string{
			"proposals: lag: 50, target 10: 10", "combine: maximum of 1 proposal: 10", "limit: the scale-up policies allow 6 now",
		}, "lag: 50, target 10: 10; the scale-up policies allow 6 now"},
		"rolling out": {metric(external("lag", averageValue("10"))), rolling, []scaling.Sample{number(10)}, []string{
			"proposals: lag: 10, 10 per pod: 1", "combine: maximum of 1 proposal: 1", "rollout: pods are being replaced: lowering waits",
		}, "lag: 10, 10 per pod: 1; pods are being replaced: lowering waits"},
		"fallback": {spec(func(in *v1alpha1.ScalerSpec) { in.Fallback = &v1alpha1.Fallback{Replicas: 3} }), replicas(1), []scaling.Sample{failing(3)}, []string{
			"proposals: redis job-queue has no answer: its fallback asks for 3", "combine: maximum of 1 proposal: 3",
		}, "redis job-queue has no answer: its fallback asks for 3"},
		"switched off": {spec(func(in *v1alpha1.ScalerSpec) { in.MinReplicas = nil }), replicas(0), []scaling.Sample{number(0)}, []string{
			"proposals: redis job-queue: 0 waiting, 5 per pod: 0",
			"disabled: the replica count was set to 0 by hand, and stays; set it to 1 or more to scale again",
		}, "the replica count was set to 0 by hand, and stays; set it to 1 or more to scale again"},
		"outside": {plain, replicas(25), []scaling.Sample{number(0)}, []string{
			"proposals: redis job-queue: 0 waiting, 5 per pod: 0", "outside bounds: 25 is outside the bounds: max-replicas is 20",
		}, "25 is outside the bounds: max-replicas is 20"},
		"paused": {spec(func(in *v1alpha1.ScalerSpec) {
			in.Paused = &v1alpha1.Pause{Mode: v1alpha1.PauseOut, Until: &metav1.Time{Time: noon.Add(time.Hour)}}
		}), replicas(2), []scaling.Sample{number(30)}, []string{
			"proposals: redis job-queue: 30 waiting, 5 per pod: 6", "combine: maximum of 1 proposal: 6",
			"pause: raising is paused until 2026-01-15T13:00:00Z",
		}, "redis job-queue: 30 waiting, 5 per pod: 6; raising is paused until 2026-01-15T13:00:00Z"},
		"a schedule's floor and cap": {spec(func(in *v1alpha1.ScalerSpec) {
			floor, lid := sleeping, sleeping
			floor.MinReplicas, lid.MaxReplicas = new(int32(8)), new(int32(3))
			in.Schedule = []v1alpha1.ScheduleWindow{floor, lid}
		}), replicas(3), []scaling.Sample{number(50)}, []string{
			"proposals: redis job-queue: 50 waiting, 5 per pod: 10", "combine: maximum of 1 proposal: 10",
			"bounds: a schedule window allows 3 at most",
		}, "redis job-queue: 50 waiting, 5 per pod: 10; a schedule window allows 3 at most; " +
			"one open schedule window asks for more than another allows: the cap wins"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(test.spec, test.target, test.samples...)
			if diff := cmp.Diff(test.want, words(test.spec, d)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if got := scaling.Summary(test.spec, &d); got != test.summary {
				t.Errorf("summary\ngot  %s\nwant %s", got, test.summary)
			}
		})
	}
}

// TestDescribeTime: what holds says until when.
func TestDescribeTime(t *testing.T) {
	spec := compile(t, worker())
	decisions := replay.Run(replay.Start{Spec: spec, Created: noon}, queueTrace([2]int64{0, 60}, [2]int64{10, 0}, [2]int64{290, 1}))
	want := []string{
		"proposals: redis job-queue: 0 waiting, 5 per pod: 0", "combine: maximum of 1 proposal: 0",
		"zero: idle, cooling down until 2026-01-15T12:05:00Z",
		"stabilize: 12 was asked for within the last 5m0s: lowering waits until 2026-01-15T12:05:00Z",
	}
	if diff := cmp.Diff(want, words(spec, decisions[1])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	d, _ := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(9), Samples: []scaling.Sample{number(5)}, Now: noon})
	if got, want := words(spec, d)[2], "stabilize: the last 5m0s are not known yet: lowering waits until 2026-01-15T12:05:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
