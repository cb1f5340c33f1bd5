package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func now() time.Time { return time.Unix(1767225600, 0) }

// facts are those of a real decision: a list with some length, read at a time.
func facts(t *testing.T, current int32, length int64, problem error) *Facts {
	t.Helper()
	least := int32(0)
	s := &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a", Generation: 3},
		Spec: v1alpha1.ScalerSpec{
			ScaleTargetRef: v1alpha1.TargetRef{Name: "a"}, MinReplicas: &least, MaxReplicas: 20,
			Triggers: []v1alpha1.Trigger{{Type: "redis", Metadata: map[string]string{"address": "a:1", "listName": "q", "listLength": "5"}}},
		},
	}
	spec, errs := scaling.SpecFrom(&s.Spec)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	samples := []scaling.Sample{{Time: now(), Value: length * 1000, Err: problem}}
	if problem != nil {
		samples[0].Failures = 1
	}
	d, state := scaling.Decide(scaling.Input{Spec: &spec, Target: scaling.Target{Replicas: current}, Samples: samples, Now: now()})
	return &Facts{
		Scaler: s, Target: targets.KeyOf("ns", s.Spec.ScaleTargetRef), Ready: reason.Accepted, Spec: &spec, Decision: &d, Samples: samples,
		State: &state, Lag: 38 * time.Millisecond, Now: now(),
	}
}

func TestStatusOfAWrite(t *testing.T) {
	s := Status(&v1alpha1.ScalerStatus{}, facts(t, 0, 140, nil))
	if s.Target != "Deployment/a" || *s.CurrentReplicas != 20 || *s.DesiredReplicas != 20 || s.ObservedGeneration != 3 {
		t.Errorf("status: %+v", s)
	}
	if s.Reason != "TooManyReplicas" || !strings.Contains(s.Message, "max-replicas is 20") || s.LastScaleTime == nil || s.Digest == "" {
		t.Errorf("reason %s, message %q, digest %q", s.Reason, s.Message, s.Digest)
	}
	if len(s.Conditions) != 6 {
		t.Errorf("%d conditions, want 6", len(s.Conditions))
	}
	for _, c := range s.Conditions {
		if c.ObservedGeneration != 3 || c.Reason == "" || c.Message == "" || c.Status == "" {
			t.Errorf("condition %+v", c)
		}
	}
	m := s.Metrics[0]
	if m.Value.Value() != 140 || *m.Proposal != 28 || !*m.Active || m.Target != "5 per pod" || m.Type != "redis" || m.Time == nil {
		t.Errorf("metric: %+v", m)
	}
	d := s.Decisions[0]
	if d.From != 0 || d.To != 20 || d.LagMilliseconds != 38 || len(d.Trace) < 2 || d.Trace[0].Detail == "" {
		t.Errorf("decision: %+v", d)
	}
}

func TestDecisionsAreBounded(t *testing.T) {
	s := &v1alpha1.ScalerStatus{}
	for range 15 {
		s = Status(s, facts(t, 0, 140, nil))
	}
	if len(s.Decisions) != keptDecisions {
		t.Errorf("%d decisions", len(s.Decisions))
	}
}

func TestFailuresAreSaid(t *testing.T) {
	s := Status(&v1alpha1.ScalerStatus{}, facts(t, 4, 0, errors.New("redis a:1 refuses the credentials (WRONGPASS)")))
	c := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionScalingActive)
	if c.Status != metav1.ConditionFalse || c.Reason != "FailedTrigger" || !strings.Contains(c.Message, "WRONGPASS") || !strings.Contains(s.Message, "WRONGPASS") {
		t.Errorf("condition %+v, message %q", c, s.Message)
	}
	if m := s.Metrics[0]; m.Value != nil || m.Error == "" {
		t.Errorf("absent data is shown as data: %+v", m)
	}
	f := facts(t, 0, 140, nil)
	f.WriteErr = errors.New("denied by a webhook")
	s = Status(&v1alpha1.ScalerStatus{}, f)
	c = meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionAbleToScale)
	if c.Status != metav1.ConditionFalse || c.Reason != "FailedUpdateScale" || *s.CurrentReplicas != 0 || len(s.Decisions) != 0 {
		t.Errorf("condition %+v, status %+v", c, s)
	}
}

func TestNothingDecidedLeavesOnlyReady(t *testing.T) {
	before := Status(&v1alpha1.ScalerStatus{}, facts(t, 0, 140, nil))
	f := facts(t, 0, 140, nil)
	f.Decision, f.Ready, f.Problem = nil, reason.InvalidSpec, errors.New("maxReplicas is wrong")
	s := Status(before, f)
	if len(s.Conditions) != 1 || s.Conditions[0].Reason != "InvalidSpec" || s.Message != "maxReplicas is wrong" || len(s.Metrics) != 0 {
		t.Errorf("status: %+v", s)
	}
	if len(s.Decisions) != 1 {
		t.Error("what was decided earlier is forgotten")
	}
}

func TestJournalWritesNewsOnly(t *testing.T) {
	var j Journal
	write := func(f *Facts) bool {
		wait, news := j.News(f)
		if !news || wait > 0 {
			return false
		}
		next := j.Next(f)
		if Same(j.Status(), next) {
			j.Unchanged(f)
			return false
		}
		j.Wrote(f, next)
		return true
	}
	if !write(facts(t, 2, 10, nil)) || write(facts(t, 2, 10, nil)) {
		t.Error("want the first written and the second not")
	}
	if write(facts(t, 2, 9, nil)) {
		t.Error("another value, and the same decision, were written")
	}
	if !write(facts(t, 2, 10, errors.New("down"))) || !write(facts(t, 2, 10, errors.New("wrong password"))) {
		t.Error("a failure, or another one, was not written")
	}
}

func TestJournalLimitsWhatFlips(t *testing.T) {
	var j Journal
	written := 0
	for i := range 100 {
		f := facts(t, 2, 10, map[bool]error{true: errors.New("down")}[i%2 == 0])
		f.Now = now().Add(time.Duration(i) * time.Second)
		if wait, news := j.News(f); news && wait == 0 {
			j.Wrote(f, j.Next(f))
			written++
		}
	}
	if written > burst+10 || written < 10 {
		t.Errorf("%d statuses in 100 s", written)
	}
}

func TestJournalCarriesWhatCouldNotBeWritten(t *testing.T) {
	var j Journal
	f := facts(t, 0, 140, nil)
	j.Failed(j.Next(f))
	later := facts(t, 20, 140, nil)
	if _, news := j.News(later); !news {
		t.Fatal("not told any more")
	}
	s := j.Next(later)
	if len(s.Decisions) != 1 || s.LastScaleTime == nil {
		t.Errorf("the decision is lost: %+v", s)
	}
}

func TestSameAfterRestart(t *testing.T) {
	before := Status(&v1alpha1.ScalerStatus{}, facts(t, 2, 10, nil))
	f := facts(t, 2, 9, nil)
	f.Now = now().Add(time.Hour)
	if !Same(before, Status(before, f)) {
		t.Error("a new leader writes what is there already")
	}
}

func TestEvents(t *testing.T) {
	empty := &v1alpha1.ScalerStatus{}
	wrote := facts(t, 0, 140, nil)
	good := Status(empty, wrote)
	down := facts(t, 20, 0, errors.New("down"))
	bad := Status(good, down)
	other := facts(t, 20, 0, errors.New("wrong password"))
	back := facts(t, 20, 100, nil)
	for name, test := range map[string]struct {
		before, after *v1alpha1.ScalerStatus
		facts         *Facts
		want          []string
	}{
		"a write":       {empty, good, wrote, []string{"SucceededRescale scaled Deployment/a from 0 to 20"}},
		"a failure":     {good, bad, down, []string{"!FailedTrigger redis q: down"}},
		"the same":      {bad, Status(bad, down), down, nil},
		"another":       {bad, Status(bad, other), other, []string{"!FailedTrigger redis q: wrong password"}},
		"a recovery":    {bad, Status(bad, back), back, []string{"ValidMetricFound ScalingActive again"}},
		"idle is quiet": {good, Status(good, facts(t, 0, 0, nil)), facts(t, 0, 0, nil), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := Events(test.before, test.after, test.facts)
			if len(got) != len(test.want) {
				t.Fatalf("got %+v, want %v", got, test.want)
			}
			for i := range got {
				text := got[i].Reason.String() + " " + got[i].Note
				if got[i].Warning {
					text = "!" + text
				}
				if !strings.HasPrefix(text, test.want[i]) {
					t.Errorf("got %q, want %q", text, test.want[i])
				}
			}
		})
	}
}
