package trigger

import (
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// cpu and memory are Resource metrics in KEDA's spelling. They see pods only, so they cannot wake a workload from zero.
func cpu() Type { return resourceType(corev1.ResourceCPU, "CPU of the pods.") }

func memory() Type { return resourceType(corev1.ResourceMemory, "Memory of the pods.") }

func resourceType(name corev1.ResourceName, doc string) Type {
	return Type{
		Name:     string(name),
		Doc:      doc,
		Resource: name,
		check:    resourceValue,
		Params: []Param{
			{Name: "type", Form: Choice, Legal: []string{"Utilization", "AverageValue"}, Doc: "The old place of metricType."},
			{Name: "value", Required: true, Doc: "Percent of requests for Utilization, a quantity for AverageValue."},
			{Name: "containerName", Doc: "The one container to look at."},
		},
	}
}

// resourceTarget is the target type of a cpu or memory trigger: metricType, else metadata.type.
func resourceTarget(t v1alpha1.Trigger) autoscalingv2.MetricTargetType {
	if t.MetricType != "" {
		return t.MetricType
	}
	return autoscalingv2.MetricTargetType(t.Metadata["type"])
}

func resourceValue(t v1alpha1.Trigger, path *field.Path) *field.Error {
	if t.Metadata["value"] == "" {
		return nil // missing, and said to be
	}
	if _, err := ResourceMetric(t); err != nil {
		return field.Invalid(path.Key("value"), t.Metadata["value"], err.Error())
	}
	return nil
}

// ResourceMetric gives the autoscaling/v2 metric that a cpu or memory trigger stands for.
func ResourceMetric(t v1alpha1.Trigger) (autoscalingv2.MetricSpec, error) {
	kind, ok := Lookup(t.Type)
	if !ok || kind.Resource == "" {
		return autoscalingv2.MetricSpec{}, fmt.Errorf("trigger type %q is no resource", t.Type)
	}
	target, err := metricTarget(resourceTarget(t), t.Metadata["value"])
	if err != nil {
		return autoscalingv2.MetricSpec{}, err
	}
	if container := t.Metadata["containerName"]; container != "" {
		return autoscalingv2.MetricSpec{
			Type:              autoscalingv2.ContainerResourceMetricSourceType,
			ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: kind.Resource, Container: container, Target: target},
		}, nil
	}
	return autoscalingv2.MetricSpec{
		Type:     autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: kind.Resource, Target: target},
	}, nil
}

func metricTarget(kind autoscalingv2.MetricTargetType, value string) (autoscalingv2.MetricTarget, error) {
	switch kind {
	case autoscalingv2.UtilizationMetricType:
		percent, err := strconv.ParseInt(value, 10, 32)
		if err != nil || percent < 1 {
			return autoscalingv2.MetricTarget{}, fmt.Errorf("legal for Utilization is a whole number of percent from 1")
		}
		n := int32(percent)
		return autoscalingv2.MetricTarget{Type: kind, AverageUtilization: &n}, nil
	case autoscalingv2.AverageValueMetricType:
		q, err := subject.ParseQuantity(value)
		if err != nil || q.MilliValue() < 1 {
			return autoscalingv2.MetricTarget{}, fmt.Errorf("legal for AverageValue is a quantity above 0, such as 500m or 1Gi")
		}
		return autoscalingv2.MetricTarget{Type: kind, AverageValue: &q}, nil
	default:
		return autoscalingv2.MetricTarget{}, fmt.Errorf("metricType has to say what the value is; legal are Utilization, AverageValue")
	}
}
