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

// worker scales from 0 to 20 on a queue, 5 per pod.
func worker() v1alpha1.ScalerSpec {
	return v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 20, Triggers: []v1alpha1.Trigger{queue("5")}}
}

// cpuOf is a reading of so many percent for every one of the pods.
func cpuOf(percent int64, pods int) scaling.Sample {
	s := scaling.Sample{Time: noon}
	for _, p := range readyPods(pods) {
		s.Pods = append(s.Pods, scaling.PodSample{Name: p.Name, Value: 10 * percent, Time: noon, Window: time.Second})
	}
	return s
}

// TestZero: the rows of the table at the stage, for a workload that was idle for longer than its cooldown.
func TestZero(t *testing.T) {
	withCPU := worker()
	withCPU.Metrics = []autoscalingv2.MetricSpec{cpu(50)} // before the trigger
	idle := worker()
	idle.MinReplicas, idle.IdleReplicas = new(int32(3)), new(int32(1))
	threshold := worker()
	threshold.Triggers = []v1alpha1.Trigger{queue("5")}
	threshold.Triggers[0].Metadata["activationListLength"] = "30"
	onExternal := v1alpha1.ScalerSpec{MinReplicas: new(int32(0)), MaxReplicas: 20, Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("5"))}}
	one := worker()
	one.MinReplicas = nil
	tests := map[string]struct {
		spec    v1alpha1.ScalerSpec
		current int32
		samples []scaling.Sample
		want    answerOf
	}{
		"at the floor: to 0":                                       {worker(), 1, []scaling.Sample{number(0)}, answerOf{scaling.Write, 0, reason.Idle}},
		"above the floor: to the floor first":                      {worker(), 7, []scaling.Sample{number(0)}, answerOf{scaling.Write, 1, reason.Idle}},
		"at 0: stay":                                               {worker(), 0, []scaling.Sample{number(0)}, answerOf{scaling.Keep, 0, reason.Idle}},
		"at 0, active: up in one step":                             {worker(), 0, []scaling.Sample{number(73)}, answerOf{scaling.Write, 15, reason.FromZero}},
		"at 0, one item: 1 because that is enough":                 {worker(), 0, []scaling.Sample{number(1)}, answerOf{scaling.Write, 1, reason.FromZero}},
		"at 0, beyond the maximum: the maximum in one step":        {worker(), 0, []scaling.Sample{number(1000)}, answerOf{scaling.Write, 20, reason.TooManyReplicas}},
		"at 0, no answer: hold":                                    {worker(), 0, []scaling.Sample{failing(9)}, answerOf{scaling.Hold, 0, reason.FailedTrigger}},
		"a minimum of 1: no way to 0":                              {one, 1, []scaling.Sample{number(0)}, answerOf{scaling.Keep, 1, reason.TooFewReplicas}},
		"an External metric leads to 0":                            {onExternal, 1, []scaling.Sample{number(0)}, answerOf{scaling.Write, 0, reason.Idle}},
		"idle count: from the minimum to it":                       {idle, 3, []scaling.Sample{number(0)}, answerOf{scaling.Write, 1, reason.Idle}},
		"idle count: stay":                                         {idle, 1, []scaling.Sample{number(0)}, answerOf{scaling.Keep, 1, reason.Idle}},
		"idle count: above the minimum, to it first":               {idle, 8, []scaling.Sample{number(0)}, answerOf{scaling.Write, 3, reason.Idle}},
		"idle count: active, at least the minimum":                 {idle, 1, []scaling.Sample{number(1)}, answerOf{scaling.Write, 3, reason.TooFewReplicas}},
		"idle count: active, what is needed":                       {idle, 1, []scaling.Sample{number(50)}, answerOf{scaling.Write, 10, reason.ValidMetricFound}},
		"below the activation threshold, at 0: stay":               {threshold, 0, []scaling.Sample{number(30)}, answerOf{scaling.Keep, 0, reason.Idle}},
		"below the activation threshold, at the floor: to 0":       {threshold, 1, []scaling.Sample{number(30)}, answerOf{scaling.Write, 0, reason.Idle}},
		"below the activation threshold, above: to the floor":      {threshold, 6, []scaling.Sample{number(30)}, answerOf{scaling.Write, 1, reason.Idle}},
		"above the activation threshold: up":                       {threshold, 0, []scaling.Sample{number(31)}, answerOf{scaling.Write, 7, reason.FromZero}},
		"with CPU at rest: to 0":                                   {withCPU, 1, []scaling.Sample{cpuOf(0, 1), number(0)}, answerOf{scaling.Write, 0, reason.Idle}},
		"with CPU on target: to 0, it cannot tell that work waits": {withCPU, 1, []scaling.Sample{cpuOf(50, 1), number(0)}, answerOf{scaling.Write, 0, reason.Idle}},
		"with CPU that asks for more: that is work":                {withCPU, 1, []scaling.Sample{cpuOf(150, 1), number(0)}, answerOf{scaling.Write, 3, reason.Idle}},
		"with CPU without an answer, at the floor: to 0":           {withCPU, 1, []scaling.Sample{failing(1), number(0)}, answerOf{scaling.Write, 0, reason.Idle}},
		"with CPU without an answer, above: lowering waits":        {withCPU, 4, []scaling.Sample{failing(1), number(0)}, answerOf{scaling.Hold, 4, reason.PartialData}},
		"with CPU, the trigger without an answer: no way to 0":     {withCPU, 1, []scaling.Sample{cpuOf(50, 1), failing(1)}, answerOf{scaling.Keep, 1, reason.ValidMetricFound}},
		"with CPU, at 0: CPU has no pods, and that is no failure":  {withCPU, 0, []scaling.Sample{failing(9), number(0)}, answerOf{scaling.Keep, 0, reason.Idle}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, test.spec), replicas(test.current), test.samples...)
			wantAnswer(t, d, test.want)
		})
	}
}

// TestIdleTriggersHaveNoSayWithoutData: what waits below the activation threshold asks for more than there is, a metric has
// no answer: that neither raises nor lowers.
func TestIdleTriggersHaveNoSayWithoutData(t *testing.T) {
	in := worker()
	in.Metrics = []autoscalingv2.MetricSpec{cpu(50)}
	in.Triggers[0].Metadata["activationListLength"] = "100"
	d := decide(compile(t, in), replicas(4), failing(1), number(50))
	if d.Replicas != 4 || d.Verb != scaling.Keep {
		t.Errorf("got %v %d, want Keep 4", d.Verb, d.Replicas)
	}
}

// TestIgnoredTriggerIsNoIdleOne: what is left out of the count is not known to be empty.
func TestIgnoredTriggerIsNoIdleOne(t *testing.T) {
	in := worker()
	in.Metrics, in.NoData = []autoscalingv2.MetricSpec{cpu(50)}, v1alpha1.NoDataIgnore
	spec := compile(t, in)
	wantAnswer(t, decide(spec, replicas(3), cpuOf(0, 3), failing(1)), answerOf{scaling.Write, 1, reason.ValidMetricFound})
	wantAnswer(t, decide(spec, replicas(1), cpuOf(0, 1), failing(1)), answerOf{scaling.Keep, 1, reason.ValidMetricFound})
}

// queueTrace is a trace of one trigger: at so many seconds after noon the queue has so many items; -1 is a failing read.
func queueTrace(lengths ...[2]int64) []replay.Moment {
	var moments []replay.Moment
	for _, l := range lengths {
		sample := number(l[1])
		if l[1] < 0 {
			sample = failing(1)
		}
		at := noon.Add(time.Duration(l[0]) * time.Second)
		sample.Time = at
		moments = append(moments, replay.Moment{At: at, Samples: []scaling.Sample{sample}})
	}
	return moments
}

func counts(decisions []scaling.Decision) []int32 {
	var all []int32
	for i := range decisions {
		all = append(all, decisions[i].Replicas)
	}
	return all
}

// TestActiveWithoutDemandKeepsOnePod: a source may say that there is work though none of it asks for pods, such as Kafka's
// of messages that nobody gets through.
func TestActiveWithoutDemandKeepsOnePod(t *testing.T) {
	spec := compile(t, worker())
	for active, want := range map[scaling.Tristate]int32{scaling.True: 1, scaling.False: 0} {
		sample := number(0)
		sample.Active = active
		moments := []replay.Moment{
			{At: noon, Samples: []scaling.Sample{sample}}, {At: noon.Add(time.Hour), Samples: []scaling.Sample{sample}},
		}
		got := counts(replay.Run(replay.Start{Spec: spec, Replicas: 0, Created: noon}, moments))
		if got[0] != want || got[1] != want {
			t.Errorf("active %v: %v, want %d from zero and after an hour", active, got, want)
		}
	}
}
