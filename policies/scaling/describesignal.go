package scaling

import (
	"cmp"
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

func describeProposal(spec *Spec, s Step) string {
	signal := &spec.Signals[s.Signal]
	switch s.Reason {
	case reason.FallbackActive:
		return fmt.Sprintf("%s has no answer: its fallback asks for %d", signal.Name, s.After)
	case reason.ValidMetricFound:
		return fmt.Sprintf("%s: %s: %d", signal.Name, signal.describe(s.Value, cmp.Or(s.Target, signal.Target)), s.After)
	case reason.WithinTolerance:
		return fmt.Sprintf("%s: %s: close enough for %d", signal.Name, signal.describe(s.Value, cmp.Or(s.Target, signal.Target)), s.After)
	default:
		return noAnswerOf(signal, s.Reason)
	}
}

func noAnswerOf(s *Signal, code reason.Code) string {
	if code == reason.NotYetSampled {
		return s.Name + " was not read yet"
	}
	return s.Name + " has no answer"
}

// describe says a value and the target that it is compared with.
func (s *Signal) describe(value, target int64) string {
	switch {
	case s.Cron != nil && value == 0:
		return "closed"
	case s.Cron != nil:
		return "open"
	case s.TargetType == autoscalingv2.UtilizationMetricType:
		return fmt.Sprintf("%d %% of requests, target %d %%", value, target)
	case s.TargetType == autoscalingv2.ValueMetricType:
		return fmt.Sprintf("%s, target %s", s.amount(value), s.amount(target))
	case s.PerPod():
		return fmt.Sprintf("%s on average, target %s", s.amount(value), s.amount(target))
	default:
		return fmt.Sprintf("%s%s, %s per pod", s.amount(value), s.unit(), s.amount(target))
	}
}

func (s *Signal) unit() string {
	if s.TriggerRef == nil {
		return ""
	}
	kind, _ := trigger.Lookup(s.TriggerRef.Type)
	if kind.Unit == "" {
		return ""
	}
	return " " + kind.Unit
}

// amount says milli-units: resources as quantities, all else as a plain number.
func (s *Signal) amount(milli int64) string {
	if s.Kind != Resource && s.Kind != ContainerResource {
		return strconv.FormatFloat(float64(milli)/1000, 'f', -1, 64)
	}
	format := resource.DecimalSI
	if !s.CPU && s.memory() {
		format = resource.BinarySI
	}
	return resource.NewMilliQuantity(milli, format).String()
}

func (s *Signal) memory() bool {
	switch {
	case s.Metric == nil:
		return false
	case s.Metric.Resource != nil:
		return s.Metric.Resource.Name == corev1.ResourceMemory
	default:
		return s.Metric.ContainerResource != nil && s.Metric.ContainerResource.Name == corev1.ResourceMemory
	}
}
