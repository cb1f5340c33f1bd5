package scaling

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/calendar"
)

// Spec is a ScalerSpec made ready for deciding: defaults filled in, quantities in milli-units, cron expressions parsed. It
// is built once when the Scaler changes and never written afterwards.
type Spec struct {
	// Min and Max are the bounds; Idle is the count while idle, -1 where it is not set.
	Min, Max, Idle int32
	// Guard are the guardrails' bounds, which come last and win. NoGuard where there are none.
	Guard Range
	// Signals are the metrics, then the triggers, in the order of the specification.
	Signals []Signal
	// Up and Down are the manners of either direction.
	Up, Down Rules
	// Cooldown and InitialCooldown as in v1alpha1.ScalerSpec.
	Cooldown, InitialCooldown time.Duration
	// Schedule are the windows that act on the bounds.
	Schedule []Window
	// Pause is empty where scaling is not paused; PauseUntil is zero where the pause does not end by itself.
	Pause      v1alpha1.PauseMode
	PauseUntil time.Time
	// CPUInitializationPeriod and InitialReadinessDelay as in v1alpha1.ScalerSpec.
	CPUInitializationPeriod, InitialReadinessDelay time.Duration
}

// Range is a lower and an upper bound, both legal.
type Range struct{ Min, Max int32 }

// NeedsPods says whether Target.Pods are needed for any signal.
func (s *Spec) NeedsPods() bool {
	for i := range s.Signals {
		if s.Signals[i].NeedsPods() {
			return true
		}
	}
	return false
}

// Rules are the manners of one direction.
type Rules struct {
	// Window is the stabilisation window.
	Window time.Duration
	// Select is Max (the largest change counts), Min (the smallest), or Disabled.
	Select   autoscalingv2.ScalingPolicySelect
	Policies []Policy
	// Explicit is true where behavior names this direction: then the policies hold for counted demand and from zero too.
	Explicit bool
}

// Policy is one limit of a rate: Value pods, or percent of pods, per Period.
type Policy struct {
	Percent bool
	Value   int32
	Period  time.Duration
}

// Window is a schedule window: while it is open it is a floor, a cap or both. Min is -1 and Max is -1 where not set.
type Window struct {
	calendar.Window
	Min, Max int32
}

// SignalKind says how a signal is read and turned into a proposal.
type SignalKind uint8

// The kinds of signals: autoscaling/v2's metric source types, and triggers.
const (
	Resource SignalKind = iota
	ContainerResource
	Pods
	Object
	External
	Trigger
)

// Signal is one metric or trigger.
type Signal struct {
	// Name identifies the signal in status and explanations, such as "cpu", "redis job-queue" or the trigger's own name.
	Name string
	Kind SignalKind
	// TargetType and Target: percent for Utilization, milli-units otherwise.
	TargetType autoscalingv2.MetricTargetType
	Target     int64
	// OwnTarget: the source tells target and activity with each value (Sample.Target, Sample.Active).
	OwnTarget bool
	// Activation threshold in milli-units: the signal is active above it.
	Activation int64
	// Metric or TriggerRef is the specification that the adapter reads from; exactly one of them is set. A trigger of type
	// cpu or memory is a Metric here.
	Metric     *autoscalingv2.MetricSpec
	TriggerRef *v1alpha1.Trigger
	// Scrape is set for Pods metrics that the pods themselves are asked for.
	Scrape *v1alpha1.Scrape
	// CPU is true for CPU of pods: a new pod's is not believed at once.
	CPU bool
	// Tolerance is how far from 1 the ratio of value to target may be without a change.
	Tolerance Tolerance
	// NoData says what it means that there is no answer. IgnoreAfter bounds the time for which a signal without an answer
	// keeps the count from falling; 0: for ever.
	NoData      v1alpha1.NoDataPolicy
	IgnoreAfter time.Duration
	// Fallback stands in for the signal; nil where there is none.
	Fallback *v1alpha1.Fallback
	// Cron is set for triggers of type cron: they follow from the time, so that no sample is needed. CronPods is what the
	// trigger asks for while the window is open.
	Cron     *calendar.Window
	CronPods int32
}

// Tolerance of a ratio, per direction. Both ends are inside.
type Tolerance struct{ Up, Down float64 }

// PerPod says whether the signal has a value for each pod.
func (s *Signal) PerPod() bool { return s.Kind <= Pods }

// Wakes says whether the signal can see work while no pod runs.
func (s *Signal) Wakes() bool { return s.Kind > Pods }

// CountsDemand says whether the answer is the demand divided by what one pod can bear: so many items at so many each. It is
// the same whatever the count is now. Other answers multiply the pods there are by a ratio, and are guesses the wilder the
// farther they lead.
func (s *Signal) CountsDemand() bool {
	return s.Wakes() && s.TargetType == autoscalingv2.AverageValueMetricType
}

// NeedsPods says whether Target.Pods are needed for the signal.
func (s *Signal) NeedsPods() bool { return s.PerPod() || s.TargetType == autoscalingv2.ValueMetricType }

// NeedsRequests says whether Pod.Requests are needed for the signal.
func (s *Signal) NeedsRequests() bool { return s.TargetType == autoscalingv2.UtilizationMetricType }

// NeedsSample says whether the adapter has to read the signal.
func (s *Signal) NeedsSample() bool { return s.Cron == nil }
