package autoscale

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// TestRivalAutoscaler: while another one has the target nothing is asked and nothing written, and what was read before
// decides nothing after.
func TestRivalAutoscaler(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 10)
	w.loop.Put(scaler("a", fastDown))
	w.start()
	w.await("a status", func() bool { return len(w.reported("a")) > 0 })
	w.rival("a", `HorizontalPodAutoscaler "web"`)
	w.await("the condition names it", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionReady)
		return c.Reason == "ConflictingScaler" && c.Status == metav1.ConditionFalse && strings.Contains(c.Message, `"web"`) &&
			strings.Contains(c.Message, "delete it")
	})
	time.Sleep(50 * time.Millisecond) // an answer that was on its way
	before := w.readsOf("server:6379#")
	turns := w.turns.Load()
	w.set("a", 60)
	time.Sleep(200 * time.Millisecond)
	if reads := w.readsOf("server:6379#") - before; reads != 0 {
		t.Errorf("%d readings beside another autoscaler", reads)
	}
	if n := w.turns.Load() - turns; n > 2 {
		t.Errorf("%d turns with nothing to do", n)
	}
	if got := w.written("a"); len(got) != 0 {
		t.Errorf("wrote %v beside another autoscaler", got)
	}
	w.rival("a", "")
	w.await("served again", func() bool { got := w.written("a"); return len(got) == 1 && got[0] == 12 })
	w.await("ready again", func() bool {
		return condition(w.reported("a"), v1alpha1.ConditionReady).Status == metav1.ConditionTrue
	})
}

// TestSecondScalerRests: waiting for another Scaler must not keep a worker busy.
func TestSecondScalerRests(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 10)
	slow := func(s *v1alpha1.Scaler) {
		s.Spec.ScaleTargetRef.Name, s.Spec.PollingInterval = "a", &metav1.Duration{Duration: time.Hour}
	}
	w.loop.Put(scaler("a", slow))
	w.loop.Put(scaler("b", slow))
	w.start()
	w.await("the second says so", func() bool {
		return condition(w.reported("b"), v1alpha1.ConditionReady).Reason == "ConflictingScaler"
	})
	w.await("the first has decided", func() bool { return len(w.reported("a")) > 0 })
	turns := w.turns.Load()
	time.Sleep(100 * time.Millisecond)
	if n := w.turns.Load() - turns; n > 2 {
		t.Errorf("%d turns with nothing to do", n)
	}
}
