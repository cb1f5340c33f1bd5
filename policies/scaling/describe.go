package scaling

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Summary puts a decision into one line for condition messages and events: what the leading signal asks for, then what
// became of it, as in "redis job-queue: 140 waiting, 5 per pod: 28; max-replicas is 20".
func Summary(spec *Spec, d *Decision) string {
	var parts []string
	for i := range d.Trace {
		s := &d.Trace[i]
		if !tells(s, leader(d)) {
			continue
		}
		parts = append(parts, Describe(spec, d, *s))
	}
	if d.ScheduleConflict {
		parts = append(parts, "one open schedule window asks for more than another allows: the cap wins")
	}
	if len(parts) == 0 {
		return "nothing asks for a change"
	}
	return strings.Join(parts, "; ")
}

// tells says whether a step tells more than the leading signal's proposal does.
func tells(s *Step, leader int32) bool {
	switch s.Stage {
	case StageProposals:
		return s.Signal == leader
	case StageCombine:
		return s.Signal < 0 || s.Reason == reason.PartialData
	default:
		return s.Stage != StageFromZero
	}
}

// leader is the signal that the decision follows, or that it misses; -1 where there is none.
func leader(d *Decision) int32 {
	for i := range d.Trace {
		if d.Trace[i].Stage == StageCombine {
			return d.Trace[i].Signal
		}
	}
	return -1
}

// Describe puts one step of a decision's trace into words. The step has to be of that decision, and the decision of that
// Spec.
func Describe(spec *Spec, d *Decision, s Step) string {
	switch s.Stage {
	case StageTarget:
		return "the target or its scale cannot be read"
	case StageDisabled:
		return "the replica count was set to 0 by hand, and stays; set it to 1 or more to scale again"
	case StageOutside:
		return fmt.Sprintf("%d is outside the bounds: %s", s.Before, describeBound(d.Conditions.ScalingLimited.Reason, s.After))
	case StageProposals:
		return describeProposal(spec, d, s)
	case StageCombine:
		return describeCombined(spec, s)
	case StageZero:
		return describeZero(spec, s)
	case StageStabilize:
		return describeStabilized(spec, s)
	case StageFromZero:
		return "one step from zero"
	case StageLimit:
		return fmt.Sprintf("the %s policies allow %d now%s", scaleUpOrDown(s.Reason == reason.ScaleUpLimit), s.After, until(", more at ", s.Until))
	case StageRollout:
		return "pods are being replaced: lowering waits"
	case StageBounds:
		return describeBound(s.Reason, s.After)
	case StagePause:
		return describePause(spec, s)
	default:
		return string(s.Reason)
	}
}

func scaleUpOrDown(up bool) string {
	if up {
		return "scale-up"
	}
	return "scale-down"
}

func until(before string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return before + at.UTC().Format(time.RFC3339)
}

func describeBound(code reason.Code, n int32) string {
	switch code {
	case reason.TooManyReplicas:
		return fmt.Sprintf("max-replicas is %d", n)
	case reason.TooFewReplicas:
		return fmt.Sprintf("min-replicas is %d", n)
	case reason.ScheduleFloor:
		return fmt.Sprintf("a schedule window asks for %d at least", n)
	case reason.ScheduleCap:
		return fmt.Sprintf("a schedule window allows %d at most", n)
	case reason.GuardrailCap:
		return fmt.Sprintf("a guardrail allows %d at most", n)
	default:
		return fmt.Sprintf("the bound is %d", n)
	}
}

func describeProposal(spec *Spec, d *Decision, s Step) string {
	signal := &spec.Signals[s.Signal]
	switch s.Reason {
	case reason.FallbackActive:
		return fmt.Sprintf("%s has no answer: its fallback asks for %d", signal.Name, s.After)
	case reason.ValidMetricFound:
		return fmt.Sprintf("%s: %s: %d", signal.Name, signal.describe(s.Value), s.After)
	case reason.WithinTolerance:
		return fmt.Sprintf("%s: %s: close enough for %d", signal.Name, signal.describe(s.Value), s.After)
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
func (s *Signal) describe(value int64) string {
	switch {
	case s.Cron != nil && value == 0:
		return "closed"
	case s.Cron != nil:
		return "open"
	case s.TargetType == autoscalingv2.UtilizationMetricType:
		return fmt.Sprintf("%d %% of requests, target %d %%", value, s.Target)
	case s.TargetType == autoscalingv2.ValueMetricType:
		return fmt.Sprintf("%s, target %s", s.amount(value), s.amount(s.Target))
	case s.PerPod():
		return fmt.Sprintf("%s on average, target %s", s.amount(value), s.amount(s.Target))
	default:
		return fmt.Sprintf("%s%s, %s per pod", s.amount(value), s.unit(), s.amount(s.Target))
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

func describeCombined(spec *Spec, s Step) string {
	switch {
	case s.Signal < 0:
		return fmt.Sprintf("the schedule is over: back to %d", s.After)
	case s.Reason == reason.PartialData:
		return fmt.Sprintf("%s has no answer: lowering waits", spec.Signals[s.Signal].Name)
	case s.Reason != reason.MaximumOfProposals:
		return noAnswerOf(&spec.Signals[s.Signal], s.Reason)
	case s.Value == 1:
		return fmt.Sprintf("maximum of 1 proposal: %d", s.After)
	default:
		return fmt.Sprintf("maximum of %d proposals: %d, of %s", s.Value, s.After, spec.Signals[s.Signal].Name)
	}
}

func describeZero(spec *Spec, s Step) string {
	switch s.Reason {
	case reason.CoolingDown:
		return fmt.Sprintf("idle, cooling down%s", until(" until ", s.Until))
	case reason.PartialData:
		return "idle, but a metric has no answer: lowering waits"
	case reason.FallbackActive:
		return "what waits is not known: 1 stays"
	default:
		return fmt.Sprintf("idle: %d", s.After)
	}
}

func describeStabilized(spec *Spec, s Step) string {
	switch s.Reason {
	case reason.ScaleUpStabilized:
		return fmt.Sprintf("%d was asked for within the last %s: raising waits%s", s.Value, spec.Up.Window, until(" until ", s.Until))
	case reason.RestartGuard:
		return fmt.Sprintf("the last %s are not known yet: lowering waits%s", spec.Down.Window, until(" until ", s.Until))
	default:
		return fmt.Sprintf("%d was asked for within the last %s: lowering waits%s", s.Value, spec.Down.Window, until(" until ", s.Until))
	}
}

func describePause(spec *Spec, s Step) string {
	what := map[string]string{"in": "lowering is paused", "out": "raising is paused"}[string(spec.Pause)]
	if what == "" {
		what = "paused"
	}
	return what + until(" until ", s.Until)
}
