package autoscale

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// told counts the events of a reason whose note has a text.
func (w *world) told(code reason.Code, text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, e := range w.events {
		if e.Reason == code && strings.Contains(e.Note, text) {
			n++
		}
	}
	return n
}

func TestManualScaleIsToldAndTakenUp(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 10)
	w.loop.Put(scaler("a", fastDown))
	w.start()
	w.await("a status", func() bool { return len(w.reported("a")) > 0 })
	w.deployment("a", 9)
	w.loop.TargetChanged(key("a"))
	w.await("two again", func() bool { got := w.written("a"); return len(got) > 0 && got[len(got)-1] == 2 })
	if n := w.told(reason.ScaledByOthers, `"argocd-controller" scaled Deployment/a from 2 to 9`); n != 1 {
		t.Errorf("told %d times: %+v", n, w.events)
	}
	if n := w.told(reason.ScaledByOthers, ""); n != 1 {
		t.Errorf("%d events for one change: our own write is nobody else's", n)
	}
}

// TestFlippingWriter: somebody sets the count back each time. After the third nothing is written for a while, and the
// condition says who it is and what to do.
func TestFlippingWriter(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 30)
	w.loop.Put(scaler("a"))
	w.start()
	for n := range undoneMost {
		w.await("a write", func() bool { return len(w.written("a")) == n+1 })
		w.deployment("a", 2)
		w.loop.TargetChanged(key("a"))
	}
	w.await("the condition", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionAbleToScale)
		return c.Reason == "ConflictingWriter" && c.Status == metav1.ConditionFalse &&
			strings.Contains(c.Message, `"argocd-controller" keeps setting the replica count back to 2`) && strings.Contains(c.Message, "advice on argocd")
	})
	reads, turns, statuses := w.readsOf("server:6379#"), w.turns.Load(), len(w.reported("a"))
	w.await("more readings", func() bool { return w.readsOf("server:6379#") > reads+10 })
	if got := w.written("a"); len(got) != undoneMost {
		t.Errorf("wrote %v, want %d writes", got, undoneMost)
	}
	if n := w.turns.Load() - turns; n > 60 {
		t.Errorf("%d turns for some ten readings", n)
	}
	if n := len(w.reported("a")) - statuses; n > 1 {
		t.Errorf("%d statuses for nothing new", n)
	}
	if s := last(w.reported("a")); s.Reason != "ConflictingWriter" || *s.CurrentReplicas != 2 || *s.DesiredReplicas != 6 {
		t.Errorf("status: %s, %d of %d", s.Reason, *s.CurrentReplicas, *s.DesiredReplicas)
	}
}

// lossy carries writes out and then says that it does not know.
type lossy struct{ *world }

func (l lossy) Scale(ctx context.Context, t targets.Target, replicas int32) (targets.Target, error) {
	if _, err := l.world.Scale(ctx, t, replicas); err != nil {
		return t, err
	}
	return t, errors.New("the connection was lost")
}

func TestWriteWithoutAnswerIsOurs(t *testing.T) {
	w := newWorld(t)
	w.deployment("a", 2)
	w.set("a", 30)
	w.loop.Scales = lossy{w}
	w.loop.Put(scaler("a"))
	w.start()
	w.await("a write", func() bool { return slices.Contains(w.written("a"), 6) })
	w.loop.TargetChanged(key("a"))
	w.await("able again", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionAbleToScale)
		return c.Status == metav1.ConditionTrue && *last(w.reported("a")).CurrentReplicas == 6
	})
	time.Sleep(50 * time.Millisecond)
	if n := w.told(reason.ScaledByOthers, ""); n != 0 {
		t.Errorf("%d events about a write of our own", n)
	}
	if got := w.written("a"); len(got) != 1 {
		t.Errorf("wrote %v, want once", got)
	}
}
