package scaling

import (
	"errors"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Bounds of behavior, as in autoscaling/v2.
const (
	maxWindowSeconds = 3600
	maxPeriodSeconds = 1800
)

func (c *compiler) behavior() {
	c.spec.Up = Rules{
		Select: autoscalingv2.MaxChangePolicySelect,
		Policies: []Policy{
			{Value: 4, Period: 15 * time.Second},
			{Percent: true, Value: 100, Period: 15 * time.Second},
		},
	}
	c.spec.Down = Rules{
		Window:   DefaultDownWindow,
		Select:   autoscalingv2.MaxChangePolicySelect,
		Policies: []Policy{{Percent: true, Value: 100, Period: 15 * time.Second}},
	}
	if b := c.in.Behavior; b != nil {
		c.rules(at("behavior", "scaleUp"), b.ScaleUp, &c.spec.Up)
		c.rules(at("behavior", "scaleDown"), b.ScaleDown, &c.spec.Down)
	}
}

// rules takes over what is given of one direction. What is missing keeps its default.
func (c *compiler) rules(path *field.Path, in *autoscalingv2.HPAScalingRules, out *Rules) {
	if in == nil {
		return
	}
	out.Explicit = true
	if s := in.StabilizationWindowSeconds; s != nil {
		if *s < 0 || *s > maxWindowSeconds {
			c.invalid(path.Child("stabilizationWindowSeconds"), *s, "legal is 0 to %d", maxWindowSeconds)
		}
		out.Window = time.Duration(*s) * time.Second
	}
	if in.SelectPolicy != nil {
		out.Select = *in.SelectPolicy
		switch out.Select {
		case autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect:
		default:
			c.errs = append(c.errs, field.NotSupported(path.Child("selectPolicy"), out.Select, []autoscalingv2.ScalingPolicySelect{
				autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect, autoscalingv2.DisabledPolicySelect}))
		}
	}
	if in.Tolerance != nil && in.Tolerance.Sign() < 0 {
		c.invalid(path.Child("tolerance"), in.Tolerance.String(), "legal is 0 or more")
	}
	if len(in.Policies) > 0 {
		out.Policies = nil
	}
	for i := range in.Policies {
		out.Policies = append(out.Policies, c.policy(path.Child("policies").Index(i), &in.Policies[i]))
	}
}

func (c *compiler) policy(path *field.Path, p *autoscalingv2.HPAScalingPolicy) Policy {
	if p.Type != autoscalingv2.PodsScalingPolicy && p.Type != autoscalingv2.PercentScalingPolicy {
		c.errs = append(c.errs, field.NotSupported(path.Child("type"), p.Type,
			[]autoscalingv2.HPAScalingPolicyType{autoscalingv2.PodsScalingPolicy, autoscalingv2.PercentScalingPolicy}))
	}
	if p.Value < 1 {
		c.invalid(path.Child("value"), p.Value, "legal is 1 or more")
	}
	if p.PeriodSeconds < 1 || p.PeriodSeconds > maxPeriodSeconds {
		c.invalid(path.Child("periodSeconds"), p.PeriodSeconds, "legal is 1 to %d", maxPeriodSeconds)
	}
	return Policy{
		Percent: p.Type == autoscalingv2.PercentScalingPolicy,
		Value:   p.Value,
		Period:  time.Duration(p.PeriodSeconds) * time.Second,
	}
}

func (c *compiler) schedule() {
	c.atMost(at("schedule"), len(c.in.Schedule))
	for i := range c.in.Schedule {
		c.window(at("schedule").Index(i), i)
	}
}

func (c *compiler) window(path *field.Path, i int) {
	in := &c.in.Schedule[i]
	parsed, err := trigger.Window(in.Start, in.End, in.Timezone)
	if err != nil {
		c.windowError(path, err)
	} else if in.Start == in.End {
		c.invalid(path.Child("end"), in.End, "is the same as start, so the window would never close; legal is another time")
	}
	w := Window{
		Window: parsed,
		Min:    c.limit(path.Child("minReplicas"), in.MinReplicas),
		Max:    c.limit(path.Child("maxReplicas"), in.MaxReplicas),
	}
	fixed := c.limit(path.Child("replicas"), in.Replicas)
	switch {
	case fixed >= 0 && (w.Min >= 0 || w.Max >= 0):
		c.invalid(path.Child("replicas"), fixed, "fixes the count; legal is replicas alone, or minReplicas and maxReplicas")
	case fixed >= 0:
		w.Min, w.Max = fixed, fixed
	case in.MinReplicas == nil && in.MaxReplicas == nil && in.Replicas == nil:
		c.errs = append(c.errs, field.Required(path, "a window needs minReplicas, maxReplicas or replicas"))
	case w.Max >= 0 && w.Min > w.Max:
		c.invalid(path.Child("minReplicas"), w.Min, "is above the window's maxReplicas; legal is at most %d", w.Max)
	}
	c.spec.Schedule = append(c.spec.Schedule, w)
}

// limit checks one count of a window; -1 where it is not set.
func (c *compiler) limit(path *field.Path, n *int32) int32 {
	if n == nil {
		return -1
	}
	if *n < 0 || *n > c.spec.Max {
		c.invalid(path, *n, "legal is 0 to maxReplicas, %d", c.spec.Max)
	}
	return *n
}

func (c *compiler) windowError(path *field.Path, err error) {
	if part, ok := errors.AsType[*trigger.WindowError](err); ok {
		c.invalid(path.Child(part.Field), part.Value, "%s", part.Detail())
		return
	}
	c.invalid(path, "", "%v", err)
}
