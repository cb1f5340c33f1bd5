package scaling_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func TestSpecFromDefaults(t *testing.T) {
	got := compile(t, v1alpha1.ScalerSpec{MaxReplicas: 10})
	want := &scaling.Spec{
		Min: 1, Max: 10, Idle: -1,
		Guard: scaling.Range{Min: 0, Max: math.MaxInt32},
		Signals: []scaling.Signal{{
			Name: "cpu", Kind: scaling.Resource, TargetType: autoscalingv2.UtilizationMetricType, Target: 80, CPU: true,
			Metric: new(cpu(80)), Tolerance: scaling.Tolerance{Up: 0.1, Down: 0.1}, NoData: v1alpha1.NoDataHold,
		}},
		Up: scaling.Rules{Select: most, Policies: []scaling.Policy{
			{Value: 4, Period: 15 * time.Second}, {Percent: true, Value: 100, Period: 15 * time.Second},
		}},
		Down: scaling.Rules{Window: 300 * time.Second, Select: most, Policies: []scaling.Policy{
			{Percent: true, Value: 100, Period: 15 * time.Second},
		}},
		Cooldown: 5 * time.Minute, InitialCooldown: 0, CPUInitializationPeriod: 5 * time.Minute, InitialReadinessDelay: 30 * time.Second,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSpecFrom(t *testing.T) {
	named := queue("5")
	named.Name = "orders"
	inTotal := queue("20")
	inTotal.MetricType = autoscalingv2.ValueMetricType
	fallback := &v1alpha1.Fallback{Replicas: 4}
	got := compile(t, v1alpha1.ScalerSpec{
		MinReplicas: new(int32(3)), MaxReplicas: 30, IdleReplicas: new(int32(1)),
		Metrics: []autoscalingv2.MetricSpec{cpu(70), external("lag", totalValue("1500m"))},
		Triggers: []v1alpha1.Trigger{
			queue("5"), named, inTotal,
			{Type: "memory", MetricType: "AverageValue", Metadata: map[string]string{"value": "1Gi", "containerName": "app"}},
			{Type: "cron", MetricType: "Value", Metadata: map[string]string{"timezone": "Europe/Berlin", "start": "0 8 * * *", "end": "0 18 * * *", "desiredReplicas": "9"}},
		},
		Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{
			ScaleUp: ruled(60, least, rate(pods, 3, 30)), ScaleDown: &autoscalingv2.HPAScalingRules{Tolerance: quantity("0.25")},
		},
		Cooldown: duration("1m"), InitialCooldown: duration("2m"), Fallback: fallback, NoData: v1alpha1.NoDataIgnore,
		Schedule:                []v1alpha1.ScheduleWindow{{Start: "0 8 * * *", End: "0 18 * * *", MinReplicas: new(int32(4)), MaxReplicas: new(int32(6))}},
		Paused:                  &v1alpha1.Pause{Mode: v1alpha1.PauseOut, Until: &metav1.Time{Time: noon}},
		CPUInitializationPeriod: duration("3m"), InitialReadinessDelay: duration("4m"),
	})
	stands := &v1alpha1.Fallback{Replicas: 4, After: 3, Behavior: v1alpha1.FallbackStatic}
	signal := func(s scaling.Signal, tolerance float64) scaling.Signal {
		s.Tolerance = scaling.Tolerance{Up: tolerance, Down: 0.25}
		s.NoData = v1alpha1.NoDataIgnore
		if s.Kind > scaling.Pods {
			s.Fallback = stands
		}
		return s
	}
	want := []scaling.Signal{
		signal(scaling.Signal{Name: "cpu", TargetType: "Utilization", Target: 70, CPU: true}, 0.1),
		signal(scaling.Signal{Name: "lag", Kind: scaling.External, TargetType: "Value", Target: 1500}, 0.1),
		signal(scaling.Signal{Name: "redis job-queue", Kind: scaling.Trigger, TargetType: "AverageValue", Target: 5000}, 0),
		signal(scaling.Signal{Name: "orders", Kind: scaling.Trigger, TargetType: "AverageValue", Target: 5000}, 0),
		signal(scaling.Signal{Name: "redis job-queue", Kind: scaling.Trigger, TargetType: "Value", Target: 20000}, 0),
		signal(scaling.Signal{Name: "memory of app", Kind: scaling.ContainerResource, TargetType: "AverageValue", Target: 1 << 30 * 1000}, 0.1),
		signal(scaling.Signal{Name: "cron", Kind: scaling.Trigger, TargetType: "AverageValue", Target: 1000, CronPods: 9}, 0),
	}
	if diff := cmp.Diff(want, got.Signals, cmpopts.IgnoreFields(scaling.Signal{}, "Metric", "TriggerRef", "Cron")); diff != "" {
		t.Errorf("signals (-want +got)\n%s", diff)
	}
	for i := range got.Signals {
		s := &got.Signals[i]
		if (s.Metric == nil) == (s.TriggerRef == nil) || s.NeedsSample() == (s.Name == "cron") {
			t.Errorf("%s: metric %v, trigger %v, cron %v", s.Name, s.Metric, s.TriggerRef, s.Cron)
		}
	}
	wantUp := scaling.Rules{Window: time.Minute, Select: least, Policies: []scaling.Policy{{Value: 3, Period: 30 * time.Second}}, Explicit: true}
	wantDown := scaling.Rules{Window: 300 * time.Second, Select: most, Policies: []scaling.Policy{{Percent: true, Value: 100, Period: 15 * time.Second}}, Explicit: true}
	if diff := cmp.Diff([]scaling.Rules{wantUp, wantDown}, []scaling.Rules{got.Up, got.Down}); diff != "" {
		t.Errorf("behavior (-want +got)\n%s", diff)
	}
	w := got.Schedule[0]
	if w.Min != 4 || w.Max != 6 || got.Min != 3 || got.Max != 30 || got.Idle != 1 || got.Cooldown != time.Minute ||
		got.InitialCooldown != 2*time.Minute || got.Pause != v1alpha1.PauseOut || !got.PauseUntil.Equal(noon) ||
		got.CPUInitializationPeriod != 3*time.Minute || got.InitialReadinessDelay != 4*time.Minute {
		t.Errorf("got %+v", got)
	}
	if fallback.After != 0 {
		t.Error("the specification was changed")
	}
	if !got.NeedsPods() || got.Signals[2].NeedsPods() || !got.Signals[4].NeedsPods() || !got.Signals[0].NeedsRequests() || got.Signals[5].NeedsRequests() {
		t.Error("needs of pods and requests")
	}
}

// TestSpecFromErrors: each names the field, the value and what is legal.
func TestSpecFromErrors(t *testing.T) {
	type spec = v1alpha1.ScalerSpec
	window := func(change func(*v1alpha1.ScheduleWindow)) spec {
		w := v1alpha1.ScheduleWindow{Start: "0 8 * * *", End: "0 18 * * *", Replicas: new(int32(2))}
		change(&w)
		return spec{MaxReplicas: 10, Schedule: []v1alpha1.ScheduleWindow{w}}
	}
	metric := func(m autoscalingv2.MetricSpec) spec {
		return spec{MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{m}}
	}
	targeted := func(kind autoscalingv2.MetricTargetType, value, average string, utilization int32) autoscalingv2.MetricTarget {
		target := autoscalingv2.MetricTarget{Type: kind}
		if value != "" {
			target.Value = quantity(value)
		}
		if average != "" {
			target.AverageValue = quantity(average)
		}
		if utilization != 0 {
			target.AverageUtilization = &utilization
		}
		return target
	}
	many := spec{MaxReplicas: 10}
	for range 33 {
		many.Metrics = append(many.Metrics, cpu(80))
	}
	twice := queue("5")
	twice.Name = "orders"
	both := cpu(80)
	both.Pods = podsMetric("m", "1").Pods
	const cannotWake = "nothing could wake the workload from 0: CPU, memory and Pods metrics see running pods only; legal is 1 or more, or add a trigger"
	tests := map[string]struct {
		in   spec
		want []string // field: words of the message
	}{
		"no maximum":               {spec{}, []string{"spec.maxReplicas: 0: legal is 1 or more"}},
		"a minimum above it":       {spec{MinReplicas: new(int32(11)), MaxReplicas: 10}, []string{"spec.minReplicas: 11: is above maxReplicas; legal is at most 10"}},
		"a negative minimum":       {spec{MinReplicas: new(int32(-1)), MaxReplicas: 10}, []string{"spec.minReplicas: -1: legal is 0 or more"}},
		"idle at the minimum":      {spec{MinReplicas: new(int32(2)), MaxReplicas: 10, IdleReplicas: new(int32(2)), Triggers: []v1alpha1.Trigger{queue("5")}}, []string{"spec.idleReplicas: 2: is not below minReplicas; legal is 0 to 1"}},
		"0 by CPU by default":      {spec{MinReplicas: new(int32(0)), MaxReplicas: 10}, []string{"spec.minReplicas: 0: " + cannotWake}},
		"0 by memory":              {spec{MinReplicas: new(int32(0)), MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{resourceMetric("memory", utilization(50))}}, []string{"spec.minReplicas: 0: " + cannotWake}},
		"0 by metrics of pods":     {spec{MinReplicas: new(int32(0)), MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{podsMetric("m", "1")}}, []string{"spec.minReplicas: 0: " + cannotWake}},
		"0 by a trigger of CPU":    {spec{MinReplicas: new(int32(0)), MaxReplicas: 10, Triggers: []v1alpha1.Trigger{{Type: "cpu", MetricType: "Utilization", Metadata: map[string]string{"value": "50"}}}}, []string{"spec.minReplicas: 0: " + cannotWake}},
		"idle at 0 by CPU":         {spec{MinReplicas: new(int32(2)), MaxReplicas: 10, IdleReplicas: new(int32(0))}, []string{"spec.idleReplicas: 0: " + cannotWake}},
		"0 by a malformed trigger": {spec{MinReplicas: new(int32(0)), MaxReplicas: 10, Triggers: []v1alpha1.Trigger{queue("x")}}, []string{`spec.triggers[0].metadata[listLength]: "x": legal is a whole number from 1`}},
		"an unknown trigger":       {spec{MaxReplicas: 10, Triggers: []v1alpha1.Trigger{{Type: "kafkaesque"}}}, []string{"spec.triggers[0].type: served are "}},
		"two triggers of one name": {spec{MaxReplicas: 10, Triggers: []v1alpha1.Trigger{twice, twice}}, []string{`spec.triggers[1].name: Duplicate value: "orders"`}},
		"too many metrics":         {many, []string{"spec.metrics: 33: must have at most 32 items"}},
		"a negative cooldown":      {spec{MaxReplicas: 10, Cooldown: duration("-1s")}, []string{`spec.cooldown: "-1s": legal is from 0s to 8760h0m0s`}},
		"a long cooldown":          {spec{MaxReplicas: 10, InitialCooldown: duration("9000h")}, []string{`spec.initialCooldown: "9000h0m0s": legal is from 0s`}},
		"no polling interval":      {spec{MaxReplicas: 10, PollingInterval: duration("0s")}, []string{`spec.pollingInterval: "0s": legal is more than 0s`}},
		"unknown noData":           {spec{MaxReplicas: 10, NoData: "zero"}, []string{`spec.noData: "zero": supported values: "hold", "ignore", "fallback"`}},
		"noData without fallback":  {spec{MaxReplicas: 10, NoData: "fallback"}, []string{"spec.fallback: Required value: noData is fallback"}},
		"a negative fallback":      {spec{MaxReplicas: 10, Fallback: &v1alpha1.Fallback{Replicas: -1, After: -2, Behavior: "guess"}}, []string{"spec.fallback.replicas: -1: legal is 0 or more", "spec.fallback.after: -2: legal is 1 or more", `spec.fallback.behavior: "guess": supported values: "static", "currentReplicas"`}},
		"an unknown pause":         {spec{MaxReplicas: 10, Paused: &v1alpha1.Pause{Mode: "up"}}, []string{`spec.paused.mode: "up": supported values: "all", "in", "out"`}},

		"a bad cron start":           {window(func(w *v1alpha1.ScheduleWindow) { w.Start = "0 8 * *" }), []string{`spec.schedule[0].start: "0 8 * *": expected exactly 5 fields, found 4: [0 8 * *]; legal is five fields`}},
		"a bad cron end":             {window(func(w *v1alpha1.ScheduleWindow) { w.End = "" }), []string{`spec.schedule[0].end: "": empty spec string; legal is five fields`}},
		"a bad time zone":            {window(func(w *v1alpha1.ScheduleWindow) { w.Timezone = "Mars" }), []string{`spec.schedule[0].timezone: "Mars": unknown time zone Mars; legal is an IANA name`}},
		"a window that never closes": {window(func(w *v1alpha1.ScheduleWindow) { w.End = w.Start }), []string{"spec.schedule[0].end: never close"}},
		"a window that says nothing": {window(func(w *v1alpha1.ScheduleWindow) { w.Replicas = nil }), []string{"spec.schedule[0]: Required value: a window needs minReplicas, maxReplicas or replicas"}},
		"a window above the maximum": {window(func(w *v1alpha1.ScheduleWindow) { w.Replicas = new(int32(11)) }), []string{"spec.schedule[0].replicas: 11: legal is 0 to maxReplicas, 10"}},
		"a negative window":          {window(func(w *v1alpha1.ScheduleWindow) { w.Replicas = new(int32(-1)) }), []string{"spec.schedule[0].replicas: -1: legal is 0"}},
		"replicas and a bound":       {window(func(w *v1alpha1.ScheduleWindow) { w.MinReplicas = new(int32(1)) }), []string{"spec.schedule[0].replicas: 2: fixes the count; legal is replicas alone"}},
		"a window's floor above its cap": {window(func(w *v1alpha1.ScheduleWindow) {
			w.Replicas, w.MinReplicas, w.MaxReplicas = nil, new(int32(4)), new(int32(3))
		}), []string{"spec.schedule[0].minReplicas: 4: is above the window's maxReplicas; legal is at most 3"}},

		"a negative window of behavior": {behaving(spec{}, ruled(-1, most), nil), []string{"spec.behavior.scaleUp.stabilizationWindowSeconds: -1: legal is 0 to 3600"}},
		"a long window of behavior":     {behaving(spec{}, nil, ruled(3601, most)), []string{"spec.behavior.scaleDown.stabilizationWindowSeconds: 3601: legal is 0 to 3600"}},
		"an unknown selectPolicy":       {behaving(spec{}, ruled(0, "Some"), nil), []string{`spec.behavior.scaleUp.selectPolicy: "Some": supported values: "Max", "Min", "Disabled"`}},
		"a malformed policy": {behaving(spec{}, nil, ruled(0, most, rate("Pod", 0, 1801))), []string{
			`spec.behavior.scaleDown.policies[0].type: "Pod": supported values: "Pods", "Percent"`,
			"spec.behavior.scaleDown.policies[0].value: 0: legal is 1 or more",
			"spec.behavior.scaleDown.policies[0].periodSeconds: 1801: legal is 1 to 1800",
		}},
		"a negative tolerance": {behaving(spec{}, &autoscalingv2.HPAScalingRules{Tolerance: quantity("-0.1")}, nil), []string{`spec.behavior.scaleUp.tolerance: "-100m": legal is 0 or more`}},

		"a metric without a type":      {metric(autoscalingv2.MetricSpec{}), []string{`spec.metrics[0].type: "": supported values: "Resource", "ContainerResource", "Pods", "Object", "External"`}},
		"a metric without its part":    {metric(autoscalingv2.MetricSpec{Type: "Pods"}), []string{"spec.metrics[0].pods: Required value: is what a metric of type Pods consists of"}},
		"a metric with another's part": {metric(both), []string{"spec.metrics[0].pods: Forbidden: does not belong to a metric of type Resource"}},
		"a resource without a name":    {metric(resourceMetric("", utilization(50))), []string{"spec.metrics[0].resource.name: Required value"}},
		"a container without a name":   {metric(autoscalingv2.MetricSpec{Type: "ContainerResource", ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: "cpu", Target: utilization(50)}}), []string{"spec.metrics[0].containerResource.container: Required value"}},
		"an object without a name":     {metric(autoscalingv2.MetricSpec{Type: "Object", Object: &autoscalingv2.ObjectMetricSource{Target: totalValue("1")}}), []string{"spec.metrics[0].object.metric.name: Required", "spec.metrics[0].object.describedObject.kind: Required", "spec.metrics[0].object.describedObject.name: Required"}},
		"no target":                    {metric(external("m", targeted("Value", "", "", 0))), []string{"spec.metrics[0].external.target.value: Required value: a target is needed: value or averageValue"}},
		"two targets":                  {metric(external("m", targeted("Value", "1", "1", 0))), []string{"spec.metrics[0].external.target: Forbidden: exactly one target is legal: value or averageValue"}},
		"two targets of a resource":    {metric(resourceMetric("cpu", targeted("Utilization", "", "1", 50))), []string{"spec.metrics[0].resource.target: Forbidden: exactly one target is legal: averageUtilization or averageValue"}},
		"utilization of an External":   {metric(external("m", targeted("Utilization", "", "", 50))), []string{"spec.metrics[0].external.target.averageUtilization: Forbidden: has no meaning for this kind of metric; legal is value or averageValue"}},
		"a total of pods":              {metric(autoscalingv2.MetricSpec{Type: "Pods", Pods: &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: "m"}, Target: totalValue("1")}}), []string{"spec.metrics[0].pods.target.value: Forbidden: has no meaning"}},
		"a type that does not fit":     {metric(external("m", targeted("Value", "", "1", 0))), []string{`spec.metrics[0].external.target.type: "Value": legal with averageValue is AverageValue`}},
		"a target of 0 percent":        {metric(resourceMetric("cpu", autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: new(int32(0))})), []string{"spec.metrics[0].resource.target.averageUtilization: 0: legal is 1 or more"}},
		"a target of 0":                {metric(external("m", totalValue("0"))), []string{`spec.metrics[0].external.target.value: "0": legal is above 0`}},
		"a target of next to nothing":  {metric(podsMetric("m", "-1")), []string{`spec.metrics[0].pods.target.averageValue: "-1": legal is above 0`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, errs := scaling.SpecFrom(&test.in)
			for i, err := range errs {
				if i >= len(test.want) {
					t.Errorf("unexpected: %v", err)
					continue
				}
				path, words, _ := strings.Cut(test.want[i], ": ")
				if err.Field != path || !strings.Contains(err.Error(), words) {
					t.Errorf("got  %v\nwant %s", err, test.want[i])
				}
			}
			for _, missing := range test.want[min(len(errs), len(test.want)):] {
				t.Errorf("missing: %s", missing)
			}
		})
	}
}

func TestSpecFromLegal(t *testing.T) {
	for name, in := range map[string]v1alpha1.ScalerSpec{
		"0 by an Object metric":             {MinReplicas: new(int32(0)), MaxReplicas: 5, Metrics: []autoscalingv2.MetricSpec{object("m", totalValue("1"))}},
		"0 by CPU and a trigger":            {MinReplicas: new(int32(0)), MaxReplicas: 5, Metrics: []autoscalingv2.MetricSpec{cpu(80)}, Triggers: []v1alpha1.Trigger{queue("5")}},
		"a schedule alone needs no maximum": {Schedule: []v1alpha1.ScheduleWindow{from("0", "1", -1, -1, 5)}},
		"a schedule alone may have 0":       {MinReplicas: new(int32(0)), Schedule: []v1alpha1.ScheduleWindow{from("0", "1", -1, -1, 5)}},
		"a schedule's 0 needs no trigger":   {MaxReplicas: 5, Metrics: []autoscalingv2.MetricSpec{cpu(80)}, Schedule: []v1alpha1.ScheduleWindow{from("0", "1", -1, -1, 0)}},
		"several triggers without names":    {MaxReplicas: 5, Triggers: []v1alpha1.Trigger{queue("5"), queue("6")}},
	} {
		if _, errs := scaling.SpecFrom(&in); len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
		}
	}
}

// What is scraped are Pods metrics, and nothing else.
func TestSpecFromScrape(t *testing.T) {
	depth := autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: "queue_depth"},
		Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity("10")},
	}}
	in := v1alpha1.ScalerSpec{
		MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{depth, cpu(70), external("lag", totalValue("5"))},
		Scrape: &v1alpha1.Scrape{Port: 8080},
	}
	got := compile(t, in)
	for i, want := range []*v1alpha1.Scrape{in.Scrape, nil, nil} {
		if got.Signals[i].Scrape != want {
			t.Errorf("%s: scrape is %v, want %v", got.Signals[i].Name, got.Signals[i].Scrape, want)
		}
	}
	for want, scrape := range map[string]v1alpha1.Scrape{
		"spec.scrape.port: Invalid value: 0: legal is from 1 to 65535":             {},
		"spec.scrape.port: Invalid value: 65536: legal is from 1 to 65535":         {Port: 65536},
		`spec.scrape.path: Invalid value: "m": legal is a path that begins with /`: {Port: 8080, Path: "m"},
	} {
		in.Scrape = &scrape
		if _, errs := scaling.SpecFrom(&in); len(errs) != 1 || errs[0].Error() != want {
			t.Errorf("%+v: %v, want %s", scrape, errs, want)
		}
	}
}
