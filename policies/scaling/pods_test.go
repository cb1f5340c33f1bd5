package scaling_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// oneOf is a workload of 3 with two pods: "a" uses 90 % of its request and is beyond doubt; "b" is what a test makes of it, and
// uses 20 %. What b counts as shows in the percentage and the proposal.
func oneOf(change func(*scaling.Pod, *scaling.PodSample)) (scaling.Target, scaling.Sample) {
	a, b := pod("a", 1000), pod("b", 1000)
	sample := scaling.PodSample{Name: "b", Value: 200, Time: noon, Window: 15 * time.Second}
	change(&b, &sample)
	readings := []scaling.PodSample{{Name: "a", Value: 900, Time: noon, Window: 15 * time.Second}}
	if sample.Name != "" {
		readings = append(readings, sample)
	}
	return scaling.Target{Replicas: 3, Pods: []scaling.Pod{a, b}}, scaling.Sample{Time: noon, Pods: readings}
}

// What b counts as, told by the value in percent and the proposal for a target of 50 %.
type counted struct {
	percent  int64
	replicas int32
}

func TestPodsCounted(t *testing.T) {
	var (
		asReady   = counted{55, 3} // (90+20)/2, inside tolerance: current
		asIgnored = counted{90, 2} // 90/1: ceil(1.8)
		asUnready = counted{90, 3} // 90/1, filled in 90/2 = 45, inside tolerance: current
		asMissing = asUnready      // the same when raising; TestPerPod has them apart
	)
	type change = func(*scaling.Pod, *scaling.PodSample)
	started := func(ago time.Duration) func(*scaling.Pod) {
		return func(p *scaling.Pod) { p.Started = noon.Add(-ago) }
	}
	tests := map[string]struct {
		change change
		cpu    counted
		memory counted
	}{
		"ready":                  {func(*scaling.Pod, *scaling.PodSample) {}, asReady, asReady},
		"being deleted: ignored": {func(p *scaling.Pod, _ *scaling.PodSample) { p.Deleting = true }, asIgnored, asIgnored},
		"Failed: ignored":        {func(p *scaling.Pod, _ *scaling.PodSample) { p.Phase = scaling.PodFailed }, asIgnored, asIgnored},
		"Pending: unready":       {func(p *scaling.Pod, _ *scaling.PodSample) { p.Phase = scaling.PodPending }, asUnready, asUnready},
		"no sample: missing":     {func(_ *scaling.Pod, s *scaling.PodSample) { s.Name = "" }, asMissing, asMissing},
		"no Ready condition: unready for CPU only": {
			func(p *scaling.Pod, _ *scaling.PodSample) { p.Ready = scaling.Absent }, asUnready, asReady,
		},
		"no start time: unready for CPU only": {
			func(p *scaling.Pod, _ *scaling.PodSample) { p.Started = time.Time{} }, asUnready, asReady,
		},
		"Ready is Unknown, which is not False": {
			func(p *scaling.Pod, _ *scaling.PodSample) { p.Ready = scaling.Unknown }, asReady, asReady,
		},
		"starting up, Ready is False": {
			func(p *scaling.Pod, _ *scaling.PodSample) {
				started(4 * time.Minute)(p)
				p.Ready, p.ReadySince = scaling.False, noon.Add(-2*time.Minute)
			}, asUnready, asReady,
		},
		"starting up, ready for longer than the sample's window": {
			func(p *scaling.Pod, s *scaling.PodSample) {
				started(4 * time.Minute)(p)
				p.ReadySince = s.Time.Add(-s.Window)
			}, asReady, asReady,
		},
		"starting up, and the sample reaches back before it was ready": {
			func(p *scaling.Pod, s *scaling.PodSample) {
				started(4 * time.Minute)(p)
				p.ReadySince = s.Time.Add(-s.Window).Add(time.Second)
			}, asUnready, asReady,
		},
		"starting up, Ready is Unknown, which is not False": {
			func(p *scaling.Pod, s *scaling.PodSample) {
				started(4 * time.Minute)(p)
				p.Ready, p.ReadySince = scaling.Unknown, s.Time.Add(-s.Window)
			}, asReady, asReady,
		},
		"started up, Ready is False and was True once": {
			func(p *scaling.Pod, _ *scaling.PodSample) {
				started(10 * time.Minute)(p)
				p.Ready, p.ReadySince = scaling.False, noon.Add(-time.Minute)
			}, asReady, asReady,
		},
		"started up, Ready is False and never was True": {
			func(p *scaling.Pod, _ *scaling.PodSample) {
				started(10 * time.Minute)(p)
				p.Ready, p.ReadySince = scaling.False, p.Started.Add(29*time.Second)
			}, asUnready, asReady,
		},
		"exactly at the end of the initialization period the later rule holds": {
			func(p *scaling.Pod, s *scaling.PodSample) {
				started(5 * time.Minute)(p)
				p.ReadySince = s.Time // within the period this sample would not count
			}, asReady, asReady,
		},
	}
	metrics := map[string]autoscalingv2.MetricSpec{
		"cpu": cpu(50), "memory": resourceMetric(corev1.ResourceMemory, utilization(50)),
	}
	for name, test := range tests {
		for kind, want := range map[string]counted{"cpu": test.cpu, "memory": test.memory} {
			t.Run(name+", "+kind, func(t *testing.T) {
				target, sample := oneOf(test.change)
				d := decide(compile(t, v1alpha1.ScalerSpec{MaxReplicas: 20, Metrics: []autoscalingv2.MetricSpec{metrics[kind]}}), target, sample)
				got := counted{d.Proposals[0].Value, d.Proposals[0].Replicas}
				if !d.Proposals[0].Answered || got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
			})
		}
	}
}

// TestPodsCountedSettings: both periods are settable.
func TestPodsCountedSettings(t *testing.T) {
	in := v1alpha1.ScalerSpec{MaxReplicas: 20, Metrics: []autoscalingv2.MetricSpec{cpu(50)},
		CPUInitializationPeriod: duration("1m"), InitialReadinessDelay: duration("10m")}
	target, sample := oneOf(func(p *scaling.Pod, s *scaling.PodSample) {
		p.Started, p.ReadySince = noon.Add(-2*time.Minute), noon
	})
	if d := decide(compile(t, in), target, sample); d.Proposals[0].Value != 55 {
		t.Errorf("after a short initialization period the pod counts: %+v", d.Proposals[0])
	}
	target, sample = oneOf(func(p *scaling.Pod, s *scaling.PodSample) {
		p.Started, p.Ready, p.ReadySince = noon.Add(-time.Hour), scaling.False, noon.Add(-55*time.Minute)
	})
	if d := decide(compile(t, in), target, sample); d.Proposals[0].Value != 90 {
		t.Errorf("within a long readiness delay unreadiness is that of the start: %+v", d.Proposals[0])
	}
}

// load describes a workload of pods by what each is: a number is the use of a ready pod, the words are pods without one.
type load []any

const (
	noSample = "missing"
	notReady = "unready"
)

func (l load) build() (scaling.Target, scaling.Sample) {
	target, sample := scaling.Target{Replicas: int32(len(l))}, scaling.Sample{Time: noon}
	for i, what := range l {
		p := pod(fmt.Sprintf("pod-%02d", i), 1000)
		use, ok := what.(int)
		if what == notReady {
			p.Phase = scaling.PodPending
		}
		if ok {
			sample.Pods = append(sample.Pods, scaling.PodSample{Name: p.Name, Value: int64(use), Time: noon, Window: time.Second})
		}
		target.Pods = append(target.Pods, p)
	}
	return target, sample
}

// TestPerPod: the rows for utilization and averages, and how pods without a usable sample are filled in.
func TestPerPod(t *testing.T) {
	percent := func(n int32) autoscalingv2.MetricSpec { return resourceMetric(corev1.ResourceMemory, utilization(n)) }
	average := podsMetric("m", "500m")
	tests := map[string]struct {
		metric autoscalingv2.MetricSpec
		load   load
		value  int64
		want   int32
	}{
		"Utilization: ratio of whole percent, times ready":    {percent(50), load{999, 1000, 999}, 99, 6},
		"Utilization inside tolerance: current":               {percent(50), load{550, 550, 550}, 55, 3},
		"Utilization at the lower end of tolerance: current":  {percent(50), load{450, 450, 450}, 45, 3},
		"Utilization beyond tolerance":                        {percent(50), load{560, 560, 560}, 56, 4},
		"Utilization lowers":                                  {percent(50), load{100, 100, 100}, 10, 1},
		"Utilization of nothing":                              {percent(50), load{0, 0, 0}, 0, 0},
		"AverageValue: the truncated average over the target": {average, load{999, 1000, 1000}, 999, 6},
		"AverageValue inside tolerance: current":              {average, load{550, 550, 550}, 550, 3},
		"AverageValue lowers":                                 {average, load{100, 100, 100}, 100, 1},

		"missing pods count as their whole request when lowering":              {percent(50), load{100, 100, noSample}, 10, 3},    // 1200/3 = 40: ceil(0.8*3)
		"missing pods count as their target when lowering, where that is more": {percent(150), load{900, 900, noSample}, 90, 3},   // 3300/3 = 110: ceil(0.73*3)
		"missing pods count as the target of an average when lowering":         {average, load{100, 100, noSample}, 100, 2},       // 700/3 = 233: ceil(0.466*3)
		"missing pods count as 0 when raising":                                 {percent(50), load{1500, 1500, noSample}, 150, 6}, // 3000/3 = 100: 2*3
		"missing pods count as 0 when raising an average":                      {average, load{1500, 1500, noSample}, 1500, 6},
		"missing pods alone do not weaken what is on target":                   {percent(50), load{500, 500, noSample}, 50, 3},
		"unready pods count as 0 when raising":                                 {percent(50), load{1500, 1500, notReady}, 150, 6},
		"unready pods count as 0 when raising an average":                      {average, load{1500, 1500, notReady}, 1500, 6},
		"unready pods are left out when lowering":                              {percent(50), load{100, 100, notReady}, 10, 1}, // 0.2*2
		"unready pods do not make what is on target fall":                      {percent(50), load{480, 480, notReady}, 48, 3},
		"unready and missing when raising: both count as 0":                    {percent(50), load{3000, noSample, notReady}, 300, 6},
		"unready and missing when lowering: only missing are filled in":        {percent(50), load{100, noSample, notReady}, 10, 3}, // 1100/2 = 55: the other side
		"filled in, inside tolerance: current":                                 {percent(50), load{800, 800, noSample}, 80, 3},      // 53
		"filled in, on the other side of 1: current":                           {percent(50), load{400, noSample, noSample}, 40, 3}, // 80
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			target, sample := test.load.build()
			d := decide(compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: []autoscalingv2.MetricSpec{test.metric}}), target, sample)
			if p := d.Proposals[0]; !p.Answered || p.Replicas != test.want || p.Value != test.value {
				t.Errorf("got %+v, want %d for a value of %d", p, test.want, test.value)
			}
		})
	}
}

// TestCountAgainstTheRatio: pods that are not ready can make the count go the other way than the ratio says. 10 pods of
// which spec.replicas knows 4: the ratio raises, and the count of samples would lower.
func TestCountAgainstTheRatio(t *testing.T) {
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "500m")}})
	up, upSample := load{2000, notReady}.build()
	up.Replicas = 10 // ratio 4, filled in 2: 4 pods, fewer than the current 10
	if d := decide(spec, up, upSample); d.Proposals[0].Replicas != 10 {
		t.Errorf("raising: got %+v, want current", d.Proposals[0])
	}
	down, downSample := load{100, 100, 100, 100, noSample}.build()
	down.Replicas = 1 // ratio 0.2, filled in 0.36: 2 pods, more than the current 1
	if d := decide(spec, down, downSample); d.Proposals[0].Replicas != 1 {
		t.Errorf("lowering: got %+v, want current", d.Proposals[0])
	}
}

func TestNoAnswerFromPods(t *testing.T) {
	utilized := []autoscalingv2.MetricSpec{resourceMetric(corev1.ResourceMemory, utilization(50))}
	averaged := []autoscalingv2.MetricSpec{podsMetric("m", "500m")}
	tests := map[string]struct {
		metrics []autoscalingv2.MetricSpec
		change  func(*scaling.Target, *scaling.Sample)
		answers bool
	}{
		"all is well": {utilized, func(*scaling.Target, *scaling.Sample) {}, true},
		"no pods":     {averaged, func(t *scaling.Target, _ *scaling.Sample) { t.Pods = nil }, false},
		"no sample":   {averaged, func(_ *scaling.Target, s *scaling.Sample) { s.Pods = nil }, false},
		"no sample left": {averaged, func(t *scaling.Target, _ *scaling.Sample) {
			t.Pods[0].Deleting, t.Pods[1].Phase = true, scaling.PodPending
		}, false},
		"a pod without a request":          {utilized, func(t *scaling.Target, _ *scaling.Sample) { t.Pods[1].Requests = []int64{-1} }, false},
		"a pod whose requests nobody gave": {utilized, func(t *scaling.Target, _ *scaling.Sample) { t.Pods[1].Requests = nil }, false},
		"requests of nothing": {utilized, func(t *scaling.Target, _ *scaling.Sample) {
			t.Pods[0].Requests, t.Pods[1].Requests = []int64{0}, []int64{0}
		}, false},
		"an average needs no request": {averaged, func(t *scaling.Target, _ *scaling.Sample) { t.Pods[1].Requests = nil }, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			target, sample := load{500, 500}.build()
			test.change(&target, &sample)
			d := decide(compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: test.metrics}), target, sample)
			if d.Proposals[0].Answered != test.answers || (d.Verb == scaling.Hold) == test.answers {
				t.Errorf("got %v %+v, want answered %v", d.Verb, d.Proposals[0], test.answers)
			}
		})
	}
}

// TestUnsortedPods: the order by name is a promise, and breaking it must not lose samples.
func TestUnsortedPods(t *testing.T) {
	target, sample := load{900, 100, 100, 500, 900}.build()
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "250m")}})
	want := decide(spec, target, sample).Proposals[0]
	target.Pods[0], target.Pods[4] = target.Pods[4], target.Pods[0]
	target.Pods[1], target.Pods[3] = target.Pods[3], target.Pods[1]
	if got := decide(spec, target, sample).Proposals[0]; got != want || want.Replicas != 10 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestLargeNumbers: bytes in milli-units times 100 do not fit in 64 bits.
func TestLargeNumbers(t *testing.T) {
	const tebibyte = 1 << 40 * 1000
	target, sample := load{1, 1}.build()
	for i := range target.Pods {
		target.Pods[i].Requests = []int64{1000 * tebibyte}
		sample.Pods[i].Value = 1500 * tebibyte
	}
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: []autoscalingv2.MetricSpec{resourceMetric(corev1.ResourceMemory, utilization(50))}})
	if p := decide(spec, target, sample).Proposals[0]; p.Value != 150 || p.Replicas != 6 {
		t.Errorf("got %+v, want 6 for 150 %%", p)
	}
	sample.Pods[0].Value, sample.Pods[1].Value = math.MaxInt64, math.MaxInt64
	if p := decide(spec, target, sample).Proposals[0]; p.Replicas <= 6 || !p.Answered {
		t.Errorf("got %+v, want more than 6", p)
	}
}

// TestContainerResource: what is said of Resource holds for one container too.
func TestContainerResource(t *testing.T) {
	metric := autoscalingv2.MetricSpec{Type: autoscalingv2.ContainerResourceMetricSourceType, ContainerResource: &autoscalingv2.ContainerResourceMetricSource{
		Name: corev1.ResourceCPU, Container: "app", Target: utilization(50),
	}}
	spec := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 100, Metrics: []autoscalingv2.MetricSpec{metric}})
	target, sample := oneOf(func(p *scaling.Pod, _ *scaling.PodSample) { p.Ready = scaling.Absent })
	if p := decide(spec, target, sample).Proposals[0]; p.Value != 90 {
		t.Errorf("CPU of a container is believed as little as that of a pod: got %+v", p)
	}
}
