package intent

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Scales tells whether a Scaler is asked for.
//
//	an upper bound, and a scaling key of the workload's own   metrics and triggers lead; a schedule acts on the bounds
//	else a schedule, the workload's or its Namespace's        the schedule works alone
//	else                                                      no: a Namespace's other keys are defaults for those that scale
func (i *Intent) Scales() bool { return i.Led() || i.Has(KeySchedule) }

// Led tells whether metrics or triggers lead the count: an upper bound is set, and the workload itself asks for scaling by
// at least one key. A Namespace can give defaults, but cannot make every workload in it scale; its schedule alone is for all.
func (i *Intent) Led() bool { return i.Scaling.MaxReplicas > 0 && i.asksForScaling() }

// asksForScaling tells whether the workload itself has a scaling key.
func (i *Intent) asksForScaling() bool {
	keys := Keys()
	for id := range keys {
		if keys[id].Group == GroupScaling && i.Sources[id].Layer == Workload {
			return true
		}
	}
	return false
}

// ScalerSpec gives the specification of the Scaler that the settings ask for. Metrics are CPU, then memory, then the list.
func (i *Intent) ScalerSpec(target v1alpha1.TargetRef) v1alpha1.ScalerSpec {
	if !i.Led() {
		return i.scheduleAlone(target)
	}
	spec := *i.Scaling.DeepCopy()
	spec.ScaleTargetRef = target
	var metrics []autoscalingv2.MetricSpec
	if i.CPU != nil {
		metrics = append(metrics, resourceMetric("cpu", i.CPU))
	}
	if i.Memory != nil {
		metrics = append(metrics, resourceMetric("memory", i.Memory))
	}
	spec.Metrics = append(metrics, spec.Metrics...)
	if len(spec.Metrics)+len(spec.Triggers) == 0 && i.Has(KeySchedule) && i.Sources[KeySchedule].Layer != Workload {
		spec.Metrics = cpuByDefault() // a Namespace that sleeps at night does not take the workload's own scaling away
	}
	return spec
}

// scheduleAlone is the specification of a schedule and nothing that leads the count. The minimum is 0: who had no replicas
// before a window has none after it.
func (i *Intent) scheduleAlone(target v1alpha1.TargetRef) v1alpha1.ScalerSpec {
	all := i.Scaling.DeepCopy()
	least := int32(0)
	return v1alpha1.ScalerSpec{ScaleTargetRef: target, MinReplicas: &least, Schedule: all.Schedule, Paused: all.Paused}
}

// DefaultCPUUtilization is the target of a Scaler that names no metric, in percent of the requests: autoscaling/v2's.
const DefaultCPUUtilization = 80

func cpuByDefault() []autoscalingv2.MetricSpec {
	percent := int32(DefaultCPUUtilization)
	target := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
	return []autoscalingv2.MetricSpec{resourceMetric("cpu", &target)}
}

func resourceMetric(name string, target *autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type:     autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: v1Name(name), Target: *target.DeepCopy()},
	}
}
