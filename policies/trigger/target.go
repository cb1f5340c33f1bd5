package trigger

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Target gives the target per pod and the activation threshold of a trigger, both in milli-units. A type without a target
// of its own (cron, whose value counts pods) has 1 pod per pod. The error names the parameter.
func Target(t v1alpha1.Trigger) (milli, activation int64, err error) {
	kind, ok := Lookup(t.Type)
	if !ok {
		return 0, 0, fmt.Errorf("trigger type %q is not served; served are %s", t.Type, served())
	}
	if kind.Resource != "" {
		return 0, 0, fmt.Errorf("trigger type %q is a resource metric: its target is that of ResourceMetric", t.Type)
	}
	if milli, err = kind.number(t, kind.targetOf(t), 1); err != nil {
		return 0, 0, err
	}
	activation, err = kind.number(t, kind.Activation, 0)
	return milli, activation, err
}

// targetOf names the parameter that holds a trigger's target.
func (t *Type) targetOf(trigger v1alpha1.Trigger) string {
	if t.target == nil {
		return t.Target
	}
	return t.target(trigger)
}

// number reads a numeric parameter in milli-units, or its default; where the type has no such parameter, least.
func (t *Type) number(trigger v1alpha1.Trigger, name string, least int64) (int64, error) {
	p, ok := t.Param(name)
	if !ok {
		return least * 1000, nil
	}
	value := p.In(trigger.Metadata)
	if value == "" {
		value = p.Default
	}
	n, err := parseMilli(value, least)
	if err == nil {
		err = p.checkValue(value)
	}
	if err != nil {
		return 0, fmt.Errorf("%s %q: %w", name, value, err)
	}
	return n, nil
}

// Label names a trigger for people: its own name, or its type and what tells it from others of its type, as in
// "redis job-queue".
func Label(t v1alpha1.Trigger) string {
	if t.Name != "" {
		return t.Name
	}
	kind, ok := Lookup(t.Type)
	if !ok || t.Metadata[kind.Label] == "" {
		return t.Type
	}
	return kind.Name + " " + t.Metadata[kind.Label]
}
