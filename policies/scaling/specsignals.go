package scaling

import (
	"fmt"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// MaxSignals bounds metrics, triggers and schedule windows, each, as the API does.
const MaxSignals = 32

func (c *compiler) signals() {
	metrics := c.in.Metrics
	if len(metrics) == 0 && len(c.in.Triggers) == 0 && len(c.in.Schedule) == 0 {
		metrics = []autoscalingv2.MetricSpec{cpuByDefault()}
	}
	fallback := c.fallback()
	for i := range metrics {
		c.metric(at("metrics").Index(i), &metrics[i])
	}
	c.triggers()
	c.scrape()
	for i := range c.spec.Signals {
		c.manners(&c.spec.Signals[i], fallback)
	}
	c.atMost(at("metrics"), len(metrics))
	c.atMost(at("triggers"), len(c.in.Triggers))
}

func (c *compiler) atMost(path *field.Path, n int) {
	if n > MaxSignals {
		c.errs = append(c.errs, field.TooMany(path, n, MaxSignals))
	}
}

func (c *compiler) triggers() {
	names := map[string]bool{}
	for i := range c.in.Triggers {
		t, path := &c.in.Triggers[i], at("triggers").Index(i)
		if t.Name != "" && names[t.Name] {
			c.errs = append(c.errs, field.Duplicate(path.Child("name"), t.Name))
		}
		names[t.Name] = true
		if errs := trigger.ValidateAt(path, *t); len(errs) > 0 {
			c.errs = append(c.errs, errs...)
			continue
		}
		s, err := triggerSignal(t)
		if err != nil {
			c.invalid(path.Child("metadata"), t.Type, "%v", err)
			continue
		}
		c.spec.Signals = append(c.spec.Signals, s)
	}
}

func (c *compiler) scrape() {
	s := c.in.Scrape
	if s == nil {
		return
	}
	if s.Port < 1 || s.Port > 65535 {
		c.invalid(at("scrape", "port"), s.Port, "legal is from 1 to 65535")
	}
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") {
		c.invalid(at("scrape", "path"), s.Path, "legal is a path that begins with /")
	}
}

// triggerSignal compiles a valid trigger.
func triggerSignal(t *v1alpha1.Trigger) (Signal, error) {
	kind, _ := trigger.Lookup(t.Type)
	if kind.Resource != "" {
		metric, err := trigger.ResourceMetric(*t)
		if err != nil {
			return Signal{}, err
		}
		s := metricSignal(&metric)
		if t.Name != "" {
			s.Name = t.Name
		}
		return s, nil
	}
	s := Signal{
		Name: trigger.Label(*t), Kind: Trigger, TriggerRef: t, TargetType: autoscalingv2.AverageValueMetricType, OwnTarget: kind.OwnTarget,
	}
	if t.MetricType != "" {
		s.TargetType = t.MetricType
	}
	var err error
	if s.Target, s.Activation, err = trigger.Target(*t); err != nil {
		return Signal{}, err
	}
	if kind.Name != "cron" {
		return s, nil
	}
	window, pods, err := trigger.CronWindow(*t)
	s.Cron, s.CronPods = &window, pods
	s.TargetType = autoscalingv2.AverageValueMetricType // it counts pods, whatever metricType says
	return s, err
}

// metricSignal compiles a valid metric.
func metricSignal(m *autoscalingv2.MetricSpec) Signal {
	s := Signal{Metric: m}
	switch m.Type {
	case autoscalingv2.ResourceMetricSourceType:
		s.Kind, s.Name = Resource, string(m.Resource.Name)
		s.CPU = m.Resource.Name == corev1.ResourceCPU
		s.target(&m.Resource.Target)
	case autoscalingv2.ContainerResourceMetricSourceType:
		s.Kind, s.Name = ContainerResource, fmt.Sprintf("%s of %s", m.ContainerResource.Name, m.ContainerResource.Container)
		s.CPU = m.ContainerResource.Name == corev1.ResourceCPU
		s.target(&m.ContainerResource.Target)
	case autoscalingv2.PodsMetricSourceType:
		s.Kind, s.Name = Pods, m.Pods.Metric.Name
		s.target(&m.Pods.Target)
	case autoscalingv2.ObjectMetricSourceType:
		s.Kind, s.Name = Object, m.Object.Metric.Name
		s.target(&m.Object.Target)
	case autoscalingv2.ExternalMetricSourceType:
		s.Kind, s.Name = External, m.External.Metric.Name
		s.target(&m.External.Target)
	}
	return s
}

func (s *Signal) target(t *autoscalingv2.MetricTarget) {
	s.TargetType = t.Type
	switch s.TargetType {
	case autoscalingv2.UtilizationMetricType:
		s.Target = int64(*t.AverageUtilization)
	case autoscalingv2.ValueMetricType:
		s.Target = t.Value.MilliValue()
	default:
		s.Target = t.AverageValue.MilliValue()
	}
}

// manners gives a signal what is said of all of them.
func (c *compiler) manners(s *Signal, fallback *v1alpha1.Fallback) {
	if s.Kind == Pods {
		s.Scrape = c.in.Scrape
	}
	s.NoData = c.in.NoData
	if s.NoData == "" {
		s.NoData = v1alpha1.NoDataHold
	}
	otherwise := DefaultTolerance
	if s.Kind == Trigger {
		otherwise = 0 // its value counts items: 41 waiting at 10 a pod are 5 pods
	}
	s.Tolerance = Tolerance{Up: otherwise, Down: otherwise}
	if b := c.in.Behavior; b != nil {
		s.Tolerance.Up = tolerance(b.ScaleUp, otherwise)
		s.Tolerance.Down = tolerance(b.ScaleDown, otherwise)
	}
	if s.Wakes() || s.NoData == v1alpha1.NoDataFallback {
		s.Fallback = fallback
	}
}

func tolerance(rules *autoscalingv2.HPAScalingRules, otherwise float64) float64 {
	if rules == nil || rules.Tolerance == nil {
		return otherwise
	}
	return rules.Tolerance.AsApproximateFloat64()
}

// fallback gives the fallback with its defaults.
func (c *compiler) fallback() *v1alpha1.Fallback {
	if c.in.Fallback == nil {
		return nil
	}
	f := *c.in.Fallback
	if f.After == 0 {
		f.After = DefaultFallbackAfter
	}
	if f.Behavior == "" {
		f.Behavior = v1alpha1.FallbackStatic
	}
	if f.Replicas < 0 {
		c.invalid(at("fallback", "replicas"), f.Replicas, "legal is 0 or more")
	}
	if f.After < 0 {
		c.invalid(at("fallback", "after"), f.After, "legal is 1 or more")
	}
	legal := []v1alpha1.FallbackBehavior{v1alpha1.FallbackStatic, v1alpha1.FallbackCurrentReplicas,
		v1alpha1.FallbackCurrentReplicasIfHigher, v1alpha1.FallbackCurrentReplicasIfLower}
	if !slices.Contains(legal, f.Behavior) {
		c.errs = append(c.errs, field.NotSupported(at("fallback", "behavior"), f.Behavior, legal))
	}
	return &f
}
