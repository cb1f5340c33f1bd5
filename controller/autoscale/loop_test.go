package autoscale

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

func TestFromZeroInOneWriteAndBack(t *testing.T) {
	w := newWorld(t)
	w.deployment("consumer", 0)
	w.set("consumer", 60)
	w.loop.Put(scaler("consumer", fastDown))
	w.start()
	w.await("12 replicas", func() bool { return len(w.written("consumer")) == 1 })
	if got := w.written("consumer"); got[0] != 12 {
		t.Fatalf("first write is %v, want 12 in one step", got)
	}
	w.set("consumer", 0)
	w.await("zero", func() bool { got := w.written("consumer"); return got[len(got)-1] == 0 })
	status := last(w.reported("consumer"))
	w.await("the status of zero", func() bool { status = last(w.reported("consumer")); return *status.CurrentReplicas == 0 })
	if len(status.Decisions) < 2 || status.Decisions[0].To != 0 || status.Digest == "" || status.LastScaleTime == nil {
		t.Fatalf("status: %+v", status)
	}
	if first := status.Decisions[len(status.Decisions)-1]; first.From != 0 || first.To != 12 || len(first.Trace) == 0 {
		t.Fatalf("first decision: %+v", first)
	}
}

// fastDown takes the down window away, so that tests need not wait for it.
func fastDown(s *v1alpha1.Scaler) {
	s.Spec.Behavior = noDownWindow()
}

func TestSteadyStateWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 10)
	w.loop.Put(scaler("a"))
	w.start()
	w.await("a status", func() bool { return len(w.reported("a")) > 0 })
	settled := len(w.reported("a"))
	reads := w.readsOf("server:6379#")
	w.await("twenty more readings", func() bool { return w.readsOf("server:6379#") > reads+20 })
	if n := len(w.reported("a")); n != settled || n > 2 {
		t.Fatalf("%d statuses written, %d of them in steady state", n, n-settled)
	}
	if got := w.written("a"); len(got) != 0 {
		t.Fatalf("scale written: %v", got)
	}
}

func (w *world) readsOf(server string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads[server]
}

func TestHangingSourceDelaysNobody(t *testing.T) {
	w := newWorld(t)
	w.hang["hang:6379#"] = true
	for i := range 3 * Workers { // more than there are workers
		name := fmt.Sprintf("stuck-%d", i)
		w.deployment(name, 1)
		w.loop.Put(scaler(name, func(s *v1alpha1.Scaler) { s.Spec.Triggers = []v1alpha1.Trigger{redisTrigger("hang", name)} }))
	}
	w.deployment("free", 0)
	w.loop.Put(scaler("free"))
	w.start()
	w.await("the free one is read", func() bool { return w.readsOf("server:6379#") > 0 })
	w.set("free", 5)
	began := time.Now()
	w.await("the free one", func() bool { return len(w.written("free")) > 0 })
	if took := time.Since(began); took > 150*time.Millisecond {
		t.Fatalf("took %s beside sources that hang", took)
	}
	w.await("those that hang say so", func() bool {
		s := w.reported("stuck-0")
		return len(s) > 0 && condition(s, v1alpha1.ConditionScalingActive).Reason == reason.FailedTrigger.String()
	})
	if got := w.written("stuck-0"); len(got) != 0 {
		t.Fatalf("without an answer %v was written", got)
	}
}

func TestFailuresHold(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 4)
	w.set("a", 20)
	w.loop.Put(scaler("a", fastDown))
	w.start()
	w.await("a status", func() bool { return len(w.reported("a")) > 0 })
	w.mu.Lock()
	w.values["a"], w.faults["a"] = 0, errors.New(`key "a" is not a list (WRONGTYPE)`)
	w.mu.Unlock()
	w.await("the condition says why", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionScalingActive)
		return c.Status == metav1.ConditionFalse && c.Reason == "FailedTrigger" && strings.Contains(c.Message, "WRONGTYPE")
	})
	time.Sleep(150 * time.Millisecond) // longer than the cooldown
	if got := w.written("a"); len(got) != 0 {
		t.Fatalf("while the source failed %v was written", got)
	}
	if n := len(w.reported("a")); n > 4 {
		t.Fatalf("%d statuses written for one failure", n)
	}
	w.mu.Lock()
	delete(w.faults, "a")
	w.values["a"] = 20
	w.mu.Unlock()
	w.await("recovery", func() bool {
		return condition(w.reported("a"), v1alpha1.ConditionScalingActive).Status == metav1.ConditionTrue
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.ContainsFunc(w.events, func(e eventOf) bool { return e.Warning && e.Reason == reason.FailedTrigger }) {
		t.Fatalf("no warning in %+v", w.events)
	}
}

func TestConflictDecidesAgain(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 1)
	w.set("a", 30)
	w.mu.Lock()
	stale := w.targets[key("a")]
	w.mu.Unlock()
	w.deployment("a", 3) // somebody scaled to 3; informers still show 1
	w.mu.Lock()
	w.cached[key("a")] = stale
	w.mu.Unlock()
	w.loop.Put(scaler("a"))
	w.start()
	w.await("a write", func() bool { return len(w.written("a")) > 0 })
	if got := w.written("a"); got[0] != 6 {
		t.Fatalf("wrote %v, want 6", got)
	}
	w.await("the status", func() bool { s := w.reported("a"); return len(s) > 0 && len(last(s).Decisions) > 0 })
	if d := last(w.reported("a")).Decisions[0]; d.From != 3 || d.To != 6 {
		t.Fatalf("decided %d -> %d, want 3 -> 6: from what was there, not from what informers showed", d.From, d.To)
	}
	reads := w.readsOf("server:6379#")
	w.await("more readings", func() bool { return w.readsOf("server:6379#") > reads+10 })
	if got := w.written("a"); len(got) != 1 {
		t.Fatalf("wrote %v while informers lagged behind, want one write", got)
	}
}

func TestRefusedWriteIsSaidAndRetried(t *testing.T) {
	w := newWorld(t)
	w.denied = errors.New("admission webhook says no")
	w.deployment("a", 0)
	w.set("a", 5)
	w.loop.Put(scaler("a"))
	w.start()
	w.await("the condition says why", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionAbleToScale)
		return c.Status == metav1.ConditionFalse && c.Reason == "FailedUpdateScale" && strings.Contains(c.Message, "webhook says no")
	})
	w.mu.Lock()
	w.denied = nil
	w.mu.Unlock()
	w.await("a write", func() bool { return len(w.written("a")) == 1 })
	w.await("able again", func() bool {
		return condition(w.reported("a"), v1alpha1.ConditionAbleToScale).Status == metav1.ConditionTrue
	})
}

func TestTwoScalersOnOneTarget(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 0)
	w.set("a", 50)
	first := scaler("a")
	second := scaler("b", func(s *v1alpha1.Scaler) {
		s.CreationTimestamp = metav1.NewTime(s.CreationTimestamp.Add(time.Minute))
		s.Spec.ScaleTargetRef.Name, s.Spec.MaxReplicas = "a", 3
	})
	w.loop.Put(second)
	w.loop.Put(first)
	w.start()
	w.await("the second says that it waits", func() bool {
		s := w.reported("b")
		return len(s) > 0 && condition(s, v1alpha1.ConditionReady).Reason == "ConflictingScaler"
	})
	w.await("ten", func() bool { got := w.written("a"); return len(got) > 0 && got[len(got)-1] == 10 })
	w.loop.Remove(types.NamespacedName{Namespace: "ns", Name: "a"})
	w.await("the second takes over", func() bool { got := w.written("a"); return got[len(got)-1] == 3 })
}

func TestInvalidSpecIsSaidOnceAndServedWhenCorrected(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 0)
	w.set("a", 5)
	w.loop.Put(scaler("a", func(s *v1alpha1.Scaler) { s.Spec.Triggers[0].Metadata["listLength"] = "-1" }))
	w.start()
	w.await("InvalidSpec", func() bool {
		s := w.reported("a")
		return len(s) > 0 && condition(s, v1alpha1.ConditionReady).Reason == "InvalidSpec" && strings.Contains(last(s).Message, "listLength")
	})
	w.loop.Put(scaler("a", func(s *v1alpha1.Scaler) { s.Generation = 2 }))
	w.await("one", func() bool { return len(w.written("a")) > 0 })
	w.await("Ready", func() bool { return condition(w.reported("a"), v1alpha1.ConditionReady).Status == metav1.ConditionTrue })
}

func TestMissingTargetIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.set("a", 5)
	w.loop.Put(scaler("a"))
	w.start()
	w.await("FailedGetScale", func() bool {
		return condition(w.reported("a"), v1alpha1.ConditionAbleToScale).Reason == "FailedGetScale"
	})
	w.deployment("a", 0)
	w.loop.TargetChanged(key("a"))
	w.await("a write", func() bool { return len(w.written("a")) > 0 })
}

// TestTargetDeletedBeforeTheWrite: it was there when it was read. That is said, tried again after a while and not at each
// reading, and over once the target is back.
func TestTargetDeletedBeforeTheWrite(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 0)
	w.mu.Lock()
	w.denied = apierrors.NewNotFound(schema.GroupResource{Group: "apps", Resource: "deployments"}, "a")
	w.mu.Unlock()
	w.set("a", 5)
	w.loop.Put(scaler("a"))
	w.start()
	w.await("the condition says why", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionAbleToScale)
		return c.Reason == "FailedUpdateScale" && strings.Contains(c.Message, "not found")
	})
	reads := w.readsOf("server:6379#")
	w.await("more readings", func() bool { return w.readsOf("server:6379#") > reads+10 })
	w.mu.Lock()
	if w.attempts > 1 {
		t.Errorf("%d writes to a target that is gone, within a fraction of a second", w.attempts)
	}
	delete(w.targets, key("a")) // now informers have heard of it
	w.mu.Unlock()
	w.loop.TargetChanged(key("a"))
	w.await("FailedGetScale", func() bool {
		return condition(w.reported("a"), v1alpha1.ConditionAbleToScale).Reason == "FailedGetScale"
	})
	w.mu.Lock()
	w.denied = nil
	w.mu.Unlock()
	w.deployment("a", 0)
	w.loop.TargetChanged(key("a"))
	w.await("a write", func() bool { return len(w.written("a")) > 0 })
}

func TestManualScaleIsTheNewCurrent(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 10)
	w.loop.Put(scaler("a"))
	w.start()
	w.await("a status", func() bool { return len(w.reported("a")) > 0 })
	w.deployment("a", 9)
	w.loop.TargetChanged(key("a"))
	w.await("taken up from nine", func() bool { d := last(w.reported("a")).Decisions; return len(d) > 0 && d[0].From == 9 && d[0].To == 2 })
}

func TestRestartDoesNotLower(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 10)
	w.set("a", 0)
	w.loop.Put(scaler("a")) // a new process, no digest, an empty queue
	w.start()
	reads := w.readsOf("server:6379#")
	w.await("readings", func() bool { return w.readsOf("server:6379#") > reads+15 })
	if got := w.written("a"); len(got) != 0 {
		t.Fatalf("wrote %v with no knowledge of the past", got)
	}
}

func TestNewCredentialsAfterRefusal(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 0)
	w.set("a", 5)
	w.secrets["auth"] = map[string]string{"password": ""}
	w.loop.Put(scaler("a", func(s *v1alpha1.Scaler) {
		s.Spec.Triggers = []v1alpha1.Trigger{redisTrigger("locked", "a")}
		s.Spec.Triggers[0].AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "auth", Kind: "Secret"}
	}))
	w.start()
	w.await("refusal", func() bool {
		s := w.reported("a")
		return len(s) > 0 && strings.Contains(condition(s, v1alpha1.ConditionScalingActive).Message, "wrong password")
	})
	w.mu.Lock()
	w.secrets["auth"] = map[string]string{"password": "right"}
	w.mu.Unlock()
	w.await("a write", func() bool { return len(w.written("a")) > 0 })
}

func condition(s []v1alpha1.ScalerStatus, kind string) metav1.Condition {
	if len(s) == 0 {
		return metav1.Condition{}
	}
	if c := meta.FindStatusCondition(last(s).Conditions, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func last(s []v1alpha1.ScalerStatus) v1alpha1.ScalerStatus { return s[len(s)-1] }
