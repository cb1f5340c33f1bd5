package scaling_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// world makes up specifications, targets, samples and pasts.
type world struct{ *rand.Rand }

func newWorld(seed uint64) world { return world{rand.New(rand.NewPCG(seed, 42))} }

func (w world) often() bool { return w.IntN(4) > 0 }

func (w world) rules() *autoscalingv2.HPAScalingRules {
	if w.IntN(2) == 0 {
		return nil
	}
	rules := &autoscalingv2.HPAScalingRules{}
	if w.often() {
		rules.StabilizationWindowSeconds = new(w.Int32N(400))
	}
	if w.often() {
		rules.SelectPolicy = new([]autoscalingv2.ScalingPolicySelect{most, least, off}[w.IntN(3)])
	}
	if !w.often() {
		rules.Tolerance = quantity(fmt.Sprintf("0.%d", w.IntN(6)))
	}
	for range w.IntN(3) {
		rules.Policies = append(rules.Policies, rate([]autoscalingv2.HPAScalingPolicyType{pods, percent}[w.IntN(2)], 1+w.Int32N(120), 1+w.Int32N(120)))
	}
	return rules
}

func (w world) metric(i int) autoscalingv2.MetricSpec {
	name, target := fmt.Sprintf("m%d", i), fmt.Sprint(1+w.IntN(20))
	switch w.IntN(6) {
	case 0:
		return cpu(1 + w.Int32N(150))
	case 1:
		return resourceMetric(corev1.ResourceMemory, averageValue(fmt.Sprintf("%dm", 1+w.IntN(900))))
	case 2:
		return podsMetric(name, fmt.Sprintf("%dm", 1+w.IntN(900)))
	case 3:
		return object(name, totalValue(target))
	case 4:
		return external(name, totalValue(target))
	default:
		return external(name, averageValue(target))
	}
}

func (w world) spec(t *testing.T) *scaling.Spec {
	in := v1alpha1.ScalerSpec{MinReplicas: new(w.Int32N(4)), MaxReplicas: 5 + w.Int32N(40), Cooldown: duration("60s")}
	in.Behavior = &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: w.rules(), ScaleDown: w.rules()}
	if w.IntN(3) == 0 {
		in.Behavior = nil
	}
	for i := range w.IntN(3) {
		in.Metrics = append(in.Metrics, w.metric(i))
	}
	for range 1 + w.IntN(2) {
		q := queue(fmt.Sprint(1 + w.IntN(9)))
		if !w.often() {
			q.Metadata["activationListLength"] = fmt.Sprint(w.IntN(30))
		}
		in.Triggers = append(in.Triggers, q)
	}
	if *in.MinReplicas > 0 && !w.often() {
		in.IdleReplicas = new(w.Int32N(*in.MinReplicas))
	}
	if w.IntN(3) == 0 {
		in.Fallback = &v1alpha1.Fallback{Replicas: w.Int32N(5), After: 2, Behavior: []v1alpha1.FallbackBehavior{
			"static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower"}[w.IntN(4)]}
	}
	if in.Fallback != nil && w.IntN(2) == 0 {
		in.NoData = v1alpha1.NoDataFallback
	}
	if !w.often() {
		in.Schedule = append(in.Schedule, from("0", "1", w.Int32N(4)-1, 4+w.Int32N(2), -1))
	}
	return compile(t, in)
}

func (w world) target(s *scaling.Spec) scaling.Target {
	target := scaling.Target{Replicas: w.Int32N(s.Max + 3)}
	for i := range target.Replicas {
		p := pod(fmt.Sprintf("pod-%02d", i), 1000)
		p.Requests = slices.Repeat([]int64{1000}, len(s.Signals))
		switch w.IntN(12) {
		case 0:
			p.Deleting = true
		case 1:
			p.Phase = scaling.PodPending
		case 2:
			p.Ready, p.ReadySince = scaling.False, noon.Add(-time.Minute)
		case 3:
			p.Started = noon.Add(-time.Minute)
		}
		target.Pods = append(target.Pods, p)
	}
	return target
}

// samples makes up answers: loads[i] is the load of signal i, whatever its kind; a negative load is no answer.
func samples(s *scaling.Spec, target scaling.Target, loads []int64, at time.Time) []scaling.Sample {
	var all []scaling.Sample
	for i := range s.Signals {
		sample := scaling.Sample{Time: at, Value: loads[i] * 1000}
		switch {
		case loads[i] < 0:
			sample = scaling.Sample{Time: at, Err: errors.New("no answer"), Failures: int32(-loads[i])}
		case s.Signals[i].PerPod():
			for j := range target.Pods {
				if (j+i)%7 != 6 { // some are missing
					sample.Pods = append(sample.Pods, scaling.PodSample{Name: target.Pods[j].Name, Value: 20 * loads[i], Time: at, Window: 15 * time.Second})
				}
			}
		}
		all = append(all, sample)
	}
	return all
}

func (w world) loads(s *scaling.Spec, failing bool) []int64 {
	var loads []int64
	for range s.Signals {
		n := w.Int64N(120)
		if w.IntN(4) == 0 {
			n = 0
		}
		if failing && w.IntN(4) == 0 {
			n = -1 - w.Int64N(3)
		}
		loads = append(loads, n)
	}
	return loads
}

// past lets a workload live for a while, and gives what is remembered of it.
func (w world) past(s *scaling.Spec) scaling.State {
	var state scaling.State
	at := noon.Add(-10 * time.Minute)
	for at.Before(noon) && w.IntN(30) > 0 {
		target := w.target(s)
		_, state = scaling.Decide(scaling.Input{
			Spec: s, Target: target, Samples: samples(s, target, w.loads(s, true), at), State: state, Now: at, Created: noon.Add(-9 * time.Minute),
		})
		at = at.Add(time.Duration(1+w.IntN(60)) * time.Second)
	}
	return state
}

func (w world) input(t *testing.T, failing bool) (scaling.Input, []int64) {
	s := w.spec(t)
	in := scaling.Input{Spec: s, Target: w.target(s), State: w.past(s), Now: noon, Created: noon.Add(-9 * time.Minute)}
	in.Target.RollingOut = !w.often()
	loads := w.loads(s, failing)
	in.Samples = samples(s, in.Target, loads, noon)
	return in, loads
}

const worlds = 1000

// TestMoreLoadNeverMeansFewer replicas, all else being equal.
func TestMoreLoadNeverMeansFewer(t *testing.T) {
	raised := 0
	for seed := range uint64(worlds) {
		w := newWorld(seed)
		in, loads := w.input(t, false)
		less, _ := scaling.Decide(in)
		more := slices.Clone(loads)
		more[w.IntN(len(more))] += 1 + w.Int64N(60)
		in.Samples = samples(in.Spec, in.Target, more, noon)
		d, _ := scaling.Decide(in)
		if d.Replicas < less.Replicas {
			t.Fatalf("seed %d: loads %v want %d, loads %v want %d\n%+v\n%+v", seed, loads, less.Replicas, more, d.Replicas, less, d)
		}
		if d.Replicas > less.Replicas {
			raised++
		}
	}
	if raised < worlds/50 {
		t.Errorf("of %d pairs only %d differ: the worlds are too dull to tell", worlds, raised)
	}
}

// TestOrderOfSignalsDoesNotMatter for the count.
func TestOrderOfSignalsDoesNotMatter(t *testing.T) {
	written := 0
	for seed := range uint64(worlds) {
		w := newWorld(seed)
		in, loads := w.input(t, true)
		in.State = scaling.State{} // what is remembered of signals is remembered by their places
		want, _ := scaling.Decide(in)
		spec := *in.Spec
		spec.Signals = slices.Clone(spec.Signals)
		slices.Reverse(spec.Signals)
		slices.Reverse(in.Samples)
		in.Spec = &spec
		got, _ := scaling.Decide(in)
		if got.Replicas != want.Replicas || got.Verb != want.Verb {
			t.Fatalf("seed %d, loads %v: got %v %d, reversed %v %d", seed, loads, want.Verb, want.Replicas, got.Verb, got.Replicas)
		}
		if got.Verb == scaling.Write {
			written++
		}
	}
	if written < worlds/10 {
		t.Errorf("of %d decisions only %d write", worlds, written)
	}
}

// TestSameInputSameOutput, by whichever Decider, and without a change of what was passed in.
func TestSameInputSameOutput(t *testing.T) {
	var decider scaling.Decider
	for seed := range uint64(worlds) {
		in, _ := newWorld(seed).input(t, true)
		twin, _ := newWorld(seed).input(t, true)
		want, wantState := scaling.Decide(in)
		got, state := decider.Decide(in)
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(state, wantState) {
			t.Fatalf("seed %d:\n%+v\n%+v", seed, want, got)
		}
		sameError := cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })
		if diff := cmp.Diff(twin.Target, in.Target, sameError) + cmp.Diff(twin.Samples, in.Samples, sameError); diff != "" {
			t.Fatalf("seed %d: the input was changed\n%s", seed, diff)
		}
		if !reflect.DeepEqual(in.Spec, twin.Spec) || in.State.Digest() != twin.State.Digest() {
			t.Fatalf("seed %d: the specification or the state was changed", seed)
		}
	}
}

// TestAlwaysWithinBounds: what is written is within the bounds, or is the idle count; and a Hold or Keep is no change.
func TestAlwaysWithinBounds(t *testing.T) {
	seen := map[scaling.Verb]int{}
	for seed := range uint64(worlds) {
		in, loads := newWorld(seed).input(t, true)
		d, _ := scaling.Decide(in)
		seen[d.Verb]++
		lowest := in.Spec.Min
		if in.Spec.Idle >= 0 {
			lowest = in.Spec.Idle
		}
		if d.Verb == scaling.Write && (d.Replicas < lowest || d.Replicas > in.Spec.Max || d.Replicas == d.Current) {
			t.Fatalf("seed %d, loads %v: %+v", seed, loads, d)
		}
		if d.Verb != scaling.Write && d.Replicas != d.Current {
			t.Fatalf("seed %d, loads %v: %+v", seed, loads, d)
		}
		if d.Reason == "" || d.Next.Before(in.Now) && !d.Next.IsZero() {
			t.Fatalf("seed %d: reason %q, next %s", seed, d.Reason, d.Next)
		}
	}
	for _, verb := range []scaling.Verb{scaling.Hold, scaling.Keep, scaling.Write} {
		if seen[verb] < worlds/50 {
			t.Errorf("%v only %d times", verb, seen[verb])
		}
	}
}

// TestTraceTellsTheWholeStory: from the current count to the wanted one, each step begins where the one before it ended.
func TestTraceTellsTheWholeStory(t *testing.T) {
	for seed := range uint64(worlds) {
		in, _ := newWorld(seed).input(t, true)
		d, _ := scaling.Decide(in)
		at := d.Current
		for _, s := range d.Trace {
			if s.Stage == scaling.StageProposals {
				continue
			}
			if s.Before != at {
				t.Fatalf("seed %d: a step from %d, after one to %d\n%+v", seed, s.Before, at, d.Trace)
			}
			at = s.After
			if scaling.Describe(in.Spec, &d, s) == "" || s.Reason == "" {
				t.Fatalf("seed %d: nothing said of %+v", seed, s)
			}
		}
		if at != d.Replicas {
			t.Fatalf("seed %d: the trace ends at %d, the decision is %d\n%+v", seed, at, d.Replicas, d.Trace)
		}
		if scaling.Summary(in.Spec, &d) == "" {
			t.Fatalf("seed %d: no summary", seed)
		}
	}
}

// TestPartialDataNeverLowers: without the fallback, and with "hold", what lowers the count has every answer. (The last
// step to rest is decided by triggers alone.)
func TestPartialDataNeverLowers(t *testing.T) {
	partial := 0
	for seed := range uint64(worlds) {
		w := newWorld(seed)
		in, loads := w.input(t, true)
		for i := range in.Spec.Signals {
			in.Spec.Signals[i].Fallback, in.Spec.Signals[i].NoData = nil, v1alpha1.NoDataHold
		}
		d, _ := scaling.Decide(in)
		missing := slices.ContainsFunc(d.Proposals, func(p scaling.Proposal) bool { return !p.Answered })
		inBounds := d.Current >= in.Spec.Min && d.Current <= in.Spec.Max && len(in.Spec.Schedule) == 0
		rests := d.Replicas == max(in.Spec.Idle, 0) && d.Current <= max(in.Spec.Min, 1)
		if missing && inBounds && !rests && d.Replicas < d.Current {
			t.Fatalf("seed %d, loads %v: %+v", seed, loads, d)
		}
		if missing && inBounds {
			partial++
		}
	}
	if partial < worlds/10 {
		t.Errorf("only %d of %d decisions are on partial data", partial, worlds)
	}
}

// TestNothingChangesBeforeNext: before Next, with the same data, nothing changes.
func TestNothingChangesBeforeNext(t *testing.T) {
	tried := 0
	for seed := range uint64(worlds) {
		in, _ := newWorld(seed).input(t, true)
		in.Target.RollingOut = false
		for i := range in.Target.Pods { // young pods grow old, which is no matter of this test
			in.Target.Pods[i].Started = noon.Add(-time.Hour)
		}
		first, state := scaling.Decide(in)
		if first.Verb == scaling.Write {
			continue
		}
		limit := first.Next
		if limit.IsZero() {
			limit = noon.Add(time.Hour)
		}
		in.State, in.Now = state, noon.Add(max(0, limit.Sub(noon)-time.Millisecond))
		later, _ := scaling.Decide(in)
		tried++
		if later.Verb != first.Verb || later.Replicas != first.Replicas {
			t.Fatalf("seed %d: %v %d, and %s later %v %d; next was %s\n%+v\n%+v", seed, first.Verb, first.Replicas, in.Now.Sub(noon), later.Verb, later.Replicas, first.Next, first, later)
		}
	}
	if tried < worlds/10 {
		t.Errorf("only %d tried", tried)
	}
}

// TestUpAndDownMirror: where the rules are alike, what happens upwards happens downwards: the same steps at the same times.
func TestUpAndDownMirror(t *testing.T) {
	const middle = 500
	for seed := range uint64(worlds / 10) {
		w := newWorld(seed)
		choice := []autoscalingv2.ScalingPolicySelect{most, least}[w.IntN(2)]
		rules := ruled(w.Int32N(200), choice, rate(pods, 1+w.Int32N(20), 1+w.Int32N(100)), rate(pods, 1+w.Int32N(20), 1+w.Int32N(100)))
		rules.Tolerance = quantity("0") // a ratio has no mirror
		spec := compile(t, behaving(web(), rules, rules))
		states := [2]scaling.State{longAgo(spec, middle), longAgo(spec, middle)}
		current := [2]int32{middle, middle}
		at := noon
		for range 30 {
			far := w.Int64N(400) - 200
			for i, sign := range []int64{1, -1} {
				var d scaling.Decision
				d, states[i] = scaling.Decide(scaling.Input{
					Spec: spec, Target: scaling.Target{Replicas: current[i]}, State: states[i], Now: at,
					Samples: []scaling.Sample{number(10 * (middle + sign*far))},
				})
				current[i] = d.Replicas
			}
			if current[0]-middle != middle-current[1] {
				t.Fatalf("seed %d, at %s: %d and %d", seed, at, current[0], current[1])
			}
			at = at.Add(time.Duration(1+w.IntN(60)) * time.Second)
		}
	}
}
