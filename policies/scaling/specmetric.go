package scaling

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// metric checks a metric as autoscaling/v2 does, and compiles it.
func (c *compiler) metric(path *field.Path, m *autoscalingv2.MetricSpec) {
	before := len(c.errs)
	c.metricSource(path, m)
	if len(c.errs) == before {
		c.spec.Signals = append(c.spec.Signals, metricSignal(m))
	}
}

// part is one of a metric's sources: the field, whether it is set, and the check of what is in it.
type part struct {
	kind  autoscalingv2.MetricSourceType
	name  string
	set   bool
	check func(*field.Path)
}

func (c *compiler) parts(m *autoscalingv2.MetricSpec) []part {
	return []part{
		{autoscalingv2.ResourceMetricSourceType, "resource", m.Resource != nil, func(p *field.Path) {
			c.present(p.Child("name"), string(m.Resource.Name))
			c.target(p.Child("target"), &m.Resource.Target, utilization, averageValue)
		}},
		{autoscalingv2.ContainerResourceMetricSourceType, "containerResource", m.ContainerResource != nil, func(p *field.Path) {
			c.present(p.Child("name"), string(m.ContainerResource.Name))
			c.present(p.Child("container"), m.ContainerResource.Container)
			c.target(p.Child("target"), &m.ContainerResource.Target, utilization, averageValue)
		}},
		{autoscalingv2.PodsMetricSourceType, "pods", m.Pods != nil, func(p *field.Path) {
			c.present(p.Child("metric", "name"), m.Pods.Metric.Name)
			c.target(p.Child("target"), &m.Pods.Target, averageValue)
		}},
		{autoscalingv2.ObjectMetricSourceType, "object", m.Object != nil, func(p *field.Path) {
			c.present(p.Child("metric", "name"), m.Object.Metric.Name)
			c.present(p.Child("describedObject", "kind"), m.Object.DescribedObject.Kind)
			c.present(p.Child("describedObject", "name"), m.Object.DescribedObject.Name)
			c.target(p.Child("target"), &m.Object.Target, value, averageValue)
		}},
		{autoscalingv2.ExternalMetricSourceType, "external", m.External != nil, func(p *field.Path) {
			c.present(p.Child("metric", "name"), m.External.Metric.Name)
			c.target(p.Child("target"), &m.External.Target, value, averageValue)
		}},
	}
}

func (c *compiler) metricSource(path *field.Path, m *autoscalingv2.MetricSpec) {
	parts := c.parts(m)
	if !slices.ContainsFunc(parts, func(p part) bool { return p.kind == m.Type }) {
		c.errs = append(c.errs, field.NotSupported(path.Child("type"), m.Type, kinds(parts)))
		return
	}
	for _, p := range parts {
		switch {
		case p.kind == m.Type && !p.set:
			c.errs = append(c.errs, field.Required(path.Child(p.name), "is what a metric of type "+string(m.Type)+" consists of"))
		case p.kind == m.Type:
			p.check(path.Child(p.name))
		case p.set:
			c.errs = append(c.errs, field.Forbidden(path.Child(p.name), "does not belong to a metric of type "+string(m.Type)))
		}
	}
}

func kinds(parts []part) []autoscalingv2.MetricSourceType {
	var names []autoscalingv2.MetricSourceType
	for _, p := range parts {
		names = append(names, p.kind)
	}
	return names
}

func (c *compiler) present(path *field.Path, value string) {
	if value == "" {
		c.errs = append(c.errs, field.Required(path, "must not be empty"))
	}
}

// aim is one of the three ways to say a target.
type aim uint8

const (
	utilization aim = iota
	averageValue
	value
)

func (a aim) String() string {
	return [...]string{utilization: "averageUtilization", averageValue: "averageValue", value: "value"}[a]
}

func (a aim) kind() autoscalingv2.MetricTargetType {
	return [...]autoscalingv2.MetricTargetType{
		utilization:  autoscalingv2.UtilizationMetricType,
		averageValue: autoscalingv2.AverageValueMetricType,
		value:        autoscalingv2.ValueMetricType,
	}[a]
}

// target wants exactly one of the aims that are legal for the kind of metric, above 0, and a type that fits it.
func (c *compiler) target(path *field.Path, t *autoscalingv2.MetricTarget, legal ...aim) {
	given := [...]bool{utilization: t.AverageUtilization != nil, averageValue: t.AverageValue != nil, value: t.Value != nil}
	var set []aim
	for a := utilization; a <= value; a++ {
		switch {
		case given[a] && !slices.Contains(legal, a):
			c.errs = append(c.errs, field.Forbidden(path.Child(a.String()), "has no meaning for this kind of metric; legal is "+anyOf(legal)))
			return
		case given[a]:
			set = append(set, a)
		}
	}
	switch len(set) {
	case 0:
		c.errs = append(c.errs, field.Required(path.Child(legal[0].String()), "a target is needed: "+anyOf(legal)))
	case 1:
		c.aimed(path, t, set[0])
	default:
		c.errs = append(c.errs, field.Forbidden(path, "exactly one target is legal: "+anyOf(legal)))
	}
}

func (c *compiler) aimed(path *field.Path, t *autoscalingv2.MetricTarget, a aim) {
	if t.Type != a.kind() {
		c.invalid(path.Child("type"), t.Type, "legal with %s is %s", a, a.kind())
	}
	switch a {
	case utilization:
		if *t.AverageUtilization < 1 {
			c.invalid(path.Child("averageUtilization"), *t.AverageUtilization, "legal is 1 or more, in percent")
		}
	case averageValue:
		c.positive(path.Child("averageValue"), t.AverageValue)
	case value:
		c.positive(path.Child("value"), t.Value)
	}
}

func (c *compiler) positive(path *field.Path, q *resource.Quantity) {
	if q.Sign() != 1 || q.MilliValue() < 1 {
		c.invalid(path, q.String(), "legal is above 0, such as 500m or 1Gi")
	}
}

func anyOf(aims []aim) string {
	var names []string
	for _, a := range aims {
		names = append(names, a.String())
	}
	return strings.Join(names, " or ")
}
