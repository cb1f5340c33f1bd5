package scaling_test

import (
	"fmt"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// threeSignals is a workload with a trigger, an External metric per pod and one for all pods.
func threeSignals(b testing.TB) scaling.Input {
	spec := compile(b, v1alpha1.ScalerSpec{
		MinReplicas: new(int32(0)), MaxReplicas: 50,
		Metrics:  []autoscalingv2.MetricSpec{external("lag", averageValue("100")), external("busy", totalValue("10"))},
		Triggers: []v1alpha1.Trigger{queue("5")},
	})
	return scaling.Input{
		Spec:    spec,
		Target:  scaling.Target{Replicas: 10, Pods: readyPods(10)},
		Samples: []scaling.Sample{number(900), number(11), number(45)},
		Now:     noon,
		Created: noon.Add(-time.Hour),
	}
}

// hundredPods is a workload with 80 % CPU over 100 pods.
func hundredPods(b testing.TB) scaling.Input {
	spec := compile(b, v1alpha1.ScalerSpec{MaxReplicas: 500, Metrics: []autoscalingv2.MetricSpec{cpu(80)}})
	in := scaling.Input{Spec: spec, Target: scaling.Target{Replicas: 100}, Now: noon, Samples: []scaling.Sample{{Time: noon}}}
	for i := range 100 {
		name := fmt.Sprintf("web-7f9c8d6b5-%05d", i)
		in.Target.Pods = append(in.Target.Pods, pod(name, 1000))
		in.Samples[0].Pods = append(in.Samples[0].Pods, scaling.PodSample{Name: name, Value: 900, Time: noon, Window: 15 * time.Second})
	}
	return in
}

func scheduled(b testing.TB) scaling.Input {
	in := threeSignals(b)
	spec := *in.Spec
	spec.Schedule = compile(b, v1alpha1.ScalerSpec{MaxReplicas: 50, Schedule: []v1alpha1.ScheduleWindow{
		{Start: "0 8 * * 1-5", End: "0 18 * * 1-5", Timezone: "Europe/Berlin", MinReplicas: new(int32(2))},
	}}).Schedule
	in.Spec = &spec
	return in
}

func benchmarkDecider(b *testing.B, in scaling.Input) {
	var decider scaling.Decider
	var d scaling.Decision
	b.ReportAllocs()
	for b.Loop() {
		in.Now = in.Now.Add(time.Second)
		d, in.State = decider.Decide(in)
	}
	if len(d.Proposals) != len(in.Spec.Signals) {
		b.Fatal("no proposals")
	}
}

func BenchmarkDeciderThreeSignals(b *testing.B) { benchmarkDecider(b, threeSignals(b)) }
func BenchmarkDeciderSchedule(b *testing.B)     { benchmarkDecider(b, scheduled(b)) }
func BenchmarkDecider100Pods(b *testing.B)      { benchmarkDecider(b, hundredPods(b)) }

func BenchmarkDecideThreeSignals(b *testing.B) {
	in := threeSignals(b)
	b.ReportAllocs()
	for b.Loop() {
		in.Now = in.Now.Add(time.Second)
		_, in.State = scaling.Decide(in)
	}
}

func BenchmarkDecide100Pods(b *testing.B) {
	in := hundredPods(b)
	b.ReportAllocs()
	for b.Loop() {
		in.Now = in.Now.Add(time.Second)
		_, in.State = scaling.Decide(in)
	}
}

func BenchmarkDigest(b *testing.B) {
	in := threeSignals(b)
	_, state := scaling.Decide(in)
	b.ReportAllocs()
	for b.Loop() {
		if state.Digest() == "" {
			b.Fatal("no digest")
		}
	}
}
