package scaling

import (
	"fmt"
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// Defaults of a ScalerSpec. Those of metrics and behavior are autoscaling/v2's, those of idleness KEDA's.
const (
	DefaultMinReplicas             = 1
	DefaultCPUUtilization          = intent.DefaultCPUUtilization
	DefaultCooldown                = 5 * time.Minute
	DefaultCPUInitializationPeriod = 5 * time.Minute
	DefaultInitialReadinessDelay   = 30 * time.Second
	DefaultDownWindow              = 5 * time.Minute
	DefaultTolerance               = 0.1
	DefaultFallbackAfter           = 3
)

// SpecFrom fills in defaults, checks a ScalerSpec, and makes it ready for deciding. Each error names the field, the value
// and what is legal; with any error the Spec is not to be used. A maxReplicas of 0 is legal where a schedule works alone:
// then nothing bounds the count from above.
//
// The Spec points into the ScalerSpec: neither is to be changed afterwards.
func SpecFrom(in *v1alpha1.ScalerSpec) (Spec, field.ErrorList) {
	c := compiler{in: in, spec: Spec{Idle: -1, Guard: NoGuard()}}
	c.bounds()
	c.durations()
	c.behavior()
	c.noData()
	c.signals()
	c.schedule()
	c.pause()
	c.rest()
	return c.spec, c.errs
}

// compiler makes a Spec, and collects what is wrong on the way.
type compiler struct {
	in   *v1alpha1.ScalerSpec
	spec Spec
	errs field.ErrorList
}

func at(name string, more ...string) *field.Path { return field.NewPath("spec").Child(name, more...) }

func (c *compiler) invalid(path *field.Path, value any, format string, args ...any) {
	c.errs = append(c.errs, field.Invalid(path, value, fmt.Sprintf(format, args...)))
}

// scheduleAlone says whether neither metrics nor triggers are asked for, and a schedule is.
func (c *compiler) scheduleAlone() bool {
	return len(c.in.Metrics) == 0 && len(c.in.Triggers) == 0 && len(c.in.Schedule) > 0
}

func (c *compiler) bounds() {
	s := &c.spec
	s.Min, s.Max = DefaultMinReplicas, c.in.MaxReplicas
	if c.in.MinReplicas != nil {
		s.Min = *c.in.MinReplicas
	}
	if s.Max == 0 && c.scheduleAlone() {
		s.Max = math.MaxInt32
	}
	if s.Min < 0 {
		c.invalid(at("minReplicas"), s.Min, "legal is 0 or more")
	}
	if s.Max < 1 {
		c.invalid(at("maxReplicas"), s.Max, "legal is 1 or more")
	} else if s.Min > s.Max {
		c.invalid(at("minReplicas"), s.Min, "is above maxReplicas; legal is at most %d", s.Max)
	}
	if c.in.IdleReplicas != nil {
		s.Idle = *c.in.IdleReplicas
		if s.Idle < 0 || s.Idle >= s.Min {
			c.invalid(at("idleReplicas"), s.Idle, "is not below minReplicas; legal is 0 to %d", s.Min-1)
		}
	}
}

func (c *compiler) durations() {
	c.spec.Cooldown = c.duration("cooldown", c.in.Cooldown, DefaultCooldown)
	c.spec.InitialCooldown = c.duration("initialCooldown", c.in.InitialCooldown, 0)
	c.spec.CPUInitializationPeriod = c.duration("cpuInitializationPeriod", c.in.CPUInitializationPeriod, DefaultCPUInitializationPeriod)
	c.spec.InitialReadinessDelay = c.duration("initialReadinessDelay", c.in.InitialReadinessDelay, DefaultInitialReadinessDelay)
	if c.duration("pollingInterval", c.in.PollingInterval, time.Second) == 0 {
		c.invalid(at("pollingInterval"), "0s", "legal is more than 0s")
	}
}

func (c *compiler) duration(name string, value *metav1.Duration, otherwise time.Duration) time.Duration {
	if value == nil {
		return otherwise
	}
	if value.Duration < 0 || value.Duration > maxDuration {
		c.invalid(at(name), value.Duration.String(), "legal is from 0s to %s", maxDuration)
	}
	return value.Duration
}

// maxDuration keeps sums of times within reason.
const maxDuration = 365 * 24 * time.Hour

func (c *compiler) noData() {
	switch c.in.NoData {
	case "", v1alpha1.NoDataHold, v1alpha1.NoDataIgnore:
	case v1alpha1.NoDataFallback:
		if c.in.Fallback == nil {
			c.errs = append(c.errs, field.Required(at("fallback"), "noData is fallback, so there has to be one"))
		}
	default:
		c.errs = append(c.errs, field.NotSupported(at("noData"), c.in.NoData,
			[]v1alpha1.NoDataPolicy{v1alpha1.NoDataHold, v1alpha1.NoDataIgnore, v1alpha1.NoDataFallback}))
	}
}

func (c *compiler) pause() {
	if c.in.Paused == nil {
		return
	}
	switch mode := c.in.Paused.Mode; mode {
	case "":
		c.spec.Pause = v1alpha1.PauseAll
	case v1alpha1.PauseAll, v1alpha1.PauseIn, v1alpha1.PauseOut:
		c.spec.Pause = mode
	default:
		c.errs = append(c.errs, field.NotSupported(at("paused", "mode"), mode,
			[]v1alpha1.PauseMode{v1alpha1.PauseAll, v1alpha1.PauseIn, v1alpha1.PauseOut}))
	}
	if until := c.in.Paused.Until; until != nil {
		c.spec.PauseUntil = until.Time
	}
}

// rest refuses a way to zero without a way back.
func (c *compiler) rest() {
	path, value := at("minReplicas"), c.spec.Min
	if c.spec.Idle >= 0 {
		path, value = at("idleReplicas"), c.spec.Idle
	}
	if c.spec.restingCount() < 0 {
		return
	}
	for i := range c.spec.Signals {
		if c.spec.Signals[i].Wakes() {
			return
		}
	}
	if len(c.in.Metrics)+len(c.in.Triggers) > len(c.spec.Signals) {
		return // some were wrong, and said to be: they may be the ones that wake
	}
	c.invalid(path, value, "nothing could wake the workload from %d: CPU, memory and Pods metrics see running pods only; "+
		"legal is 1 or more, or add a trigger (such as redis or cron) or an Object or External metric, which see waiting work", value)
}

// cpuByDefault is the metric of a Scaler that names none.
func cpuByDefault() autoscalingv2.MetricSpec {
	target := int32(DefaultCPUUtilization)
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{
			Name:   corev1.ResourceCPU,
			Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &target},
		},
	}
}
