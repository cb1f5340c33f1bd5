package scaling_test

import (
	"errors"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// answerOf is what tests look at in most decisions.
type answerOf struct {
	Verb     scaling.Verb
	Replicas int32
	Reason   reason.Code
}

func of(d scaling.Decision) answerOf { return answerOf{d.Verb, d.Replicas, d.Reason} }

func wantAnswer(t *testing.T, d scaling.Decision, want answerOf) {
	t.Helper()
	if of(d) != want {
		t.Errorf("got %+v, want %+v\n%+v", of(d), want, d)
	}
}

// oneToTen scales from 1 to 10 on an External metric of 10 per pod.
func oneToTen() v1alpha1.ScalerSpec {
	return v1alpha1.ScalerSpec{MinReplicas: new(int32(1)), MaxReplicas: 10, Metrics: []autoscalingv2.MetricSpec{external("m", averageValue("10"))}}
}

// TestGate1: what cannot be read is left alone, before anything else is asked.
func TestGate1UnreadableTarget(t *testing.T) {
	in := oneToTen()
	in.Paused = &v1alpha1.Pause{Mode: v1alpha1.PauseAll}
	for name, spec := range map[string]v1alpha1.ScalerSpec{"": oneToTen(), "paused too": in} {
		d := decide(compile(t, spec), scaling.Target{Replicas: 0, Err: errors.New("forbidden")}, number(100))
		wantAnswer(t, d, answerOf{scaling.Hold, 0, reason.FailedGetScale})
		if c := d.Conditions.AbleToScale; c.Status != scaling.False || c.Reason != reason.FailedGetScale {
			t.Errorf("%s: AbleToScale: %+v", name, c)
		}
		if d.Conditions.ScalingActive.Status != scaling.Unknown {
			t.Errorf("%s: ScalingActive: %+v", name, d.Conditions.ScalingActive)
		}
	}
}

// TestGate2: paused (all) holds, whatever else there is to say, even a count outside the bounds.
func TestGate2Paused(t *testing.T) {
	tests := map[string]struct {
		mode    v1alpha1.PauseMode
		until   *time.Duration
		current int32
		value   int64
		want    answerOf
	}{
		"all, raising":                       {v1alpha1.PauseAll, nil, 2, 100, answerOf{scaling.Hold, 2, reason.Paused}},
		"all, lowering":                      {v1alpha1.PauseAll, nil, 5, 10, answerOf{scaling.Hold, 5, reason.Paused}},
		"all is the default":                 {"", nil, 2, 100, answerOf{scaling.Hold, 2, reason.Paused}},
		"all, outside bounds":                {v1alpha1.PauseAll, nil, 12, 10, answerOf{scaling.Hold, 12, reason.Paused}},
		"all, at 0 by hand":                  {v1alpha1.PauseAll, nil, 0, 10, answerOf{scaling.Hold, 0, reason.Paused}},
		"all, nothing to change":             {v1alpha1.PauseAll, nil, 2, 20, answerOf{scaling.Hold, 2, reason.Paused}},
		"in forbids lowering":                {v1alpha1.PauseIn, nil, 5, 10, answerOf{scaling.Hold, 5, reason.Paused}},
		"in forbids lowering to the maximum": {v1alpha1.PauseIn, nil, 12, 10, answerOf{scaling.Hold, 12, reason.Paused}},
		"in allows raising":                  {v1alpha1.PauseIn, nil, 2, 40, answerOf{scaling.Write, 4, reason.ValidMetricFound}},
		"out forbids raising":                {v1alpha1.PauseOut, nil, 2, 40, answerOf{scaling.Hold, 2, reason.Paused}},
		"out allows lowering":                {v1alpha1.PauseOut, nil, 5, 10, answerOf{scaling.Write, 1, reason.ValidMetricFound}},
		"until later":                        {v1alpha1.PauseAll, new(time.Minute), 2, 40, answerOf{scaling.Hold, 2, reason.Paused}},
		"until now":                          {v1alpha1.PauseAll, new(time.Duration(0)), 2, 40, answerOf{scaling.Write, 4, reason.ValidMetricFound}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := oneToTen()
			in.Paused = &v1alpha1.Pause{Mode: test.mode}
			if test.until != nil {
				in.Paused.Until = &metav1.Time{Time: noon.Add(*test.until)}
			}
			d := decide(compile(t, in), replicas(test.current), number(test.value))
			wantAnswer(t, d, test.want)
			over := test.until != nil && *test.until == 0
			if (d.Conditions.Paused.Status == scaling.True) == over {
				t.Errorf("Paused: %+v", d.Conditions.Paused)
			}
			if test.until != nil && !over && !d.Next.Equal(noon.Add(*test.until)) {
				t.Errorf("next: %s", d.Next)
			}
		})
	}
}

// TestDifference13: pausing stops writing, nothing else: the history goes on, so that the end of a pause is no cold start.
func TestDifference13PausingKeepsTheHistory(t *testing.T) {
	in := oneToTen()
	spec := compile(t, in)
	in.Paused = &v1alpha1.Pause{}
	paused := compile(t, in)
	_, state := scaling.Decide(scaling.Input{Spec: paused, Target: replicas(5), Samples: []scaling.Sample{number(80)}, State: longAgo(spec, 5), Now: noon})
	d, _ := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(9), Samples: []scaling.Sample{number(10)}, State: state, Now: noon.Add(time.Minute)})
	wantAnswer(t, d, answerOf{scaling.Write, 8, reason.ScaleDownStabilized})
}

// TestGate3: zero where the minimum is above it was set by hand.
func TestGate3ScalingDisabled(t *testing.T) {
	idle := oneToTen()
	idle.MinReplicas, idle.IdleReplicas = new(int32(2)), new(int32(0))
	idleAtOne := oneToTen()
	idleAtOne.MinReplicas, idleAtOne.IdleReplicas = new(int32(3)), new(int32(1))
	fromZero := oneToTen()
	fromZero.MinReplicas = new(int32(0))
	tests := map[string]struct {
		spec v1alpha1.ScalerSpec
		want answerOf
	}{
		"a minimum of 1":                                {oneToTen(), answerOf{scaling.Hold, 0, reason.ScalingDisabled}},
		"an idle count of 1":                            {idleAtOne, answerOf{scaling.Hold, 0, reason.ScalingDisabled}},
		"a minimum of 0: an active source wakes it":     {fromZero, answerOf{scaling.Write, 5, reason.FromZero}},
		"an idle count of 0: an active source wakes it": {idle, answerOf{scaling.Write, 5, reason.FromZero}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := decide(compile(t, test.spec), replicas(0), number(50))
			wantAnswer(t, d, test.want)
			if disabled := d.Conditions.ScalingActive.Reason == reason.ScalingDisabled; disabled != (test.want.Verb == scaling.Hold) {
				t.Errorf("ScalingActive: %+v", d.Conditions.ScalingActive)
			}
		})
	}
}

// TestGate3OwnZero: zero that was our own decision is not a switch, also where the minimum was raised since.
func TestGate3OwnZero(t *testing.T) {
	in := oneToTen()
	in.MinReplicas, in.InitialCooldown = new(int32(0)), duration("0s")
	zero, one := compile(t, in), compile(t, oneToTen())
	state := longAgo(zero, 1)
	step := func(spec *scaling.Spec, current int32, after time.Duration) scaling.Decision {
		var d scaling.Decision
		d, state = scaling.Decide(scaling.Input{Spec: spec, Target: replicas(current), Samples: []scaling.Sample{number(0)}, State: state, Now: noon.Add(after)})
		return d
	}
	wantAnswer(t, step(zero, 1, 0), answerOf{scaling.Write, 0, reason.Idle})
	wantAnswer(t, step(zero, 1, time.Second), answerOf{scaling.Write, 0, reason.Idle}) // not seen yet
	wantAnswer(t, step(zero, 0, 2*time.Second), answerOf{scaling.Keep, 0, reason.Idle})
	wantAnswer(t, step(one, 0, 3*time.Second), answerOf{scaling.Write, 1, reason.TooFewReplicas})
	wantAnswer(t, step(one, 1, 4*time.Second), answerOf{scaling.Keep, 1, reason.TooFewReplicas})
	wantAnswer(t, step(one, 0, 5*time.Second), answerOf{scaling.Hold, 0, reason.ScalingDisabled}) // and this one is a switch
}

// TestGate4: a count outside the bounds goes to the bound at once, no metrics asked.
func TestGate4OutsideBounds(t *testing.T) {
	idle := oneToTen()
	idle.MinReplicas, idle.IdleReplicas = new(int32(5)), new(int32(2))
	limited := oneToTen()
	limited.MinReplicas = new(int32(4))
	limited.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp:   &autoscalingv2.HPAScalingRules{SelectPolicy: new(autoscalingv2.DisabledPolicySelect)},
		ScaleDown: &autoscalingv2.HPAScalingRules{SelectPolicy: new(autoscalingv2.DisabledPolicySelect)},
	}
	tests := map[string]struct {
		spec    v1alpha1.ScalerSpec
		current int32
		sample  scaling.Sample
		rolling bool
		want    answerOf
	}{
		"above the maximum":                        {oneToTen(), 12, number(120), false, answerOf{scaling.Write, 10, reason.TooManyReplicas}},
		"above the maximum, and no metric answers": {oneToTen(), 12, failing(1), false, answerOf{scaling.Write, 10, reason.TooManyReplicas}},
		"above the maximum, in a rollout":          {oneToTen(), 12, number(120), true, answerOf{scaling.Write, 10, reason.TooManyReplicas}},
		"below the minimum, whatever the policies": {limited, 2, number(100), false, answerOf{scaling.Write, 4, reason.TooFewReplicas}},
		"above the maximum, whatever the policies": {limited, 12, number(100), false, answerOf{scaling.Write, 10, reason.TooManyReplicas}},
		"between the idle count and the minimum":   {idle, 3, number(0), false, answerOf{scaling.Write, 5, reason.TooFewReplicas}},
		"at the idle count":                        {idle, 2, number(0), false, answerOf{scaling.Keep, 2, reason.Idle}},
		"at the maximum":                           {oneToTen(), 10, number(100), false, answerOf{scaling.Keep, 10, reason.ValidMetricFound}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			target := replicas(test.current)
			target.RollingOut = test.rolling
			d := decide(compile(t, test.spec), target, test.sample)
			wantAnswer(t, d, test.want)
			if failing := d.Conditions.ScalingActive.Reason == reason.FailedGetExternalMetric; failing != (test.sample.Err != nil) {
				t.Errorf("ScalingActive says what the metrics say, asked or not: %+v", d.Conditions.ScalingActive)
			}
		})
	}
}

// TestBounds: the wanted count stays within minimum, maximum and guardrails, and the condition says which did it.
func TestBounds(t *testing.T) {
	tests := map[string]struct {
		current int32
		value   int64
		guard   scaling.Range
		want    answerOf
		limited scaling.Tristate
	}{
		"within":                            {2, 40, scaling.NoGuard(), answerOf{scaling.Write, 4, reason.ValidMetricFound}, scaling.False},
		"the maximum cuts":                  {6, 1000, scaling.NoGuard(), answerOf{scaling.Write, 10, reason.TooManyReplicas}, scaling.True},
		"the minimum raises":                {3, 0, scaling.NoGuard(), answerOf{scaling.Write, 1, reason.TooFewReplicas}, scaling.True},
		"a guardrail cuts":                  {6, 1000, scaling.Range{Max: 8}, answerOf{scaling.Write, 8, reason.GuardrailCap}, scaling.True},
		"a guardrail raises":                {3, 0, scaling.Range{Min: 2, Max: 8}, answerOf{scaling.Write, 2, reason.TooFewReplicas}, scaling.True},
		"a guardrail wins over the minimum": {9, 1000, scaling.Range{Max: 0}, answerOf{scaling.Write, 0, reason.GuardrailCap}, scaling.True},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			spec := compile(t, oneToTen())
			spec.Guard = test.guard
			d := decide(spec, replicas(test.current), number(test.value))
			wantAnswer(t, d, test.want)
			if d.Conditions.ScalingLimited.Status != test.limited {
				t.Errorf("ScalingLimited: %+v", d.Conditions.ScalingLimited)
			}
		})
	}
}

// TestGuardrailsAndRest: a guardrail's floor above the idle count, or its cap below it, leaves no rest.
func TestGuardrailsAndRest(t *testing.T) {
	spec := compile(t, worker())
	spec.Guard = scaling.Range{Min: 2, Max: 20}
	wantAnswer(t, decide(spec, replicas(2), number(0)), answerOf{scaling.Keep, 2, reason.TooFewReplicas})
	wantAnswer(t, decide(spec, replicas(0), number(0)), answerOf{scaling.Write, 2, reason.TooFewReplicas})
	idle := worker()
	idle.MinReplicas, idle.IdleReplicas = new(int32(5)), new(int32(2))
	spec = compile(t, idle)
	spec.Guard = scaling.Range{Max: 1}
	wantAnswer(t, decide(spec, replicas(1), number(0)), answerOf{scaling.Keep, 1, reason.TooFewReplicas})
	wantAnswer(t, decide(spec, replicas(2), number(0)), answerOf{scaling.Write, 1, reason.GuardrailCap})
}

// TestConditions: those of an ordinary decision. The others are in the tests of what sets them.
func TestConditions(t *testing.T) {
	spec := compile(t, oneToTen())
	condition := func(status scaling.Tristate, code reason.Code) scaling.Condition {
		return scaling.Condition{Status: status, Reason: code, Signal: -1}
	}
	want := scaling.Conditions{
		AbleToScale:    condition(scaling.True, reason.ReadyForNewScale),
		ScalingActive:  scaling.Condition{Status: scaling.True, Reason: reason.ValidMetricFound, Signal: 0},
		ScalingLimited: condition(scaling.False, reason.DesiredWithinRange),
		Fallback:       condition(scaling.False, reason.NoFallback),
		Paused:         condition(scaling.False, reason.NotPaused),
	}
	if got := decide(spec, replicas(4), number(40)).Conditions; got != want {
		t.Errorf("nothing to do: got %+v, want %+v", got, want)
	}
	want.AbleToScale.Reason = reason.SucceededRescale
	if got := decide(spec, replicas(4), number(60)).Conditions; got != want {
		t.Errorf("a write: got %+v, want %+v", got, want)
	}
}

// TestRollout: while pods are being replaced lowering waits, raising does not.
func TestRollout(t *testing.T) {
	spec := compile(t, oneToTen())
	target := replicas(5)
	target.RollingOut = true
	wantAnswer(t, decide(spec, target, number(10)), answerOf{scaling.Keep, 5, reason.RollingOut})
	wantAnswer(t, decide(spec, target, number(70)), answerOf{scaling.Write, 7, reason.ValidMetricFound})
	in := oneToTen()
	in.MinReplicas = new(int32(0))
	target = replicas(1)
	target.RollingOut = true
	wantAnswer(t, decide(compile(t, in), target, number(0)), answerOf{scaling.Keep, 1, reason.RollingOut})
}
