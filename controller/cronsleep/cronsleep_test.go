package cronsleep

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/sleep"
)

const (
	night  = `[{start: "0 22 * * *", end: "0 6 * * *", timezone: Europe/Berlin, replicas: 0}]`
	midday = `[{start: "0 12 * * *", end: "0 13 * * *", timezone: Europe/Berlin, replicas: 0}]`
)

// world is a cluster with one CronJob in one Namespace, and a clock that jumps to where the controller wants to wake.
type world struct {
	t         *testing.T
	clock     *clocktesting.FakeClock
	cron      batchv1.CronJob
	namespace corev1.Namespace
	recorder  *events.FakeRecorder
	// refuse is the answer to the next write.
	refuse error
	writes int
	next   time.Time
}

func newWorld(t *testing.T, at string) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(date(t, at)), recorder: events.NewFakeRecorder(10)}
	w.cron.Namespace, w.cron.Name, w.cron.Annotations = "ns", "report", map[string]string{}
	w.namespace.Name, w.namespace.Labels = "ns", map[string]string{intent.EnabledLabel: "true"}
	return w
}

func date(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Get is the cache.
func (w *world) Get(_ context.Context, _ client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	switch o := into.(type) {
	case *batchv1.CronJob:
		w.cron.DeepCopyInto(o)
	case *corev1.Namespace:
		w.namespace.DeepCopyInto(o)
	}
	return nil
}

// List is not called.
func (w *world) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return errors.New("nothing is listed")
}

// SuspendCronJob is the API server.
func (w *world) SuspendCronJob(_ context.Context, _ *batchv1.CronJob, to sleep.State) error {
	if err := w.refuse; err != nil {
		w.refuse = nil
		return err
	}
	w.writes++
	w.cron.Spec.Suspend = &to.Suspended
	delete(w.cron.Annotations, intent.AsleepAnnotation)
	if to.Memory != sleep.Awake {
		w.cron.Annotations[intent.AsleepAnnotation] = string(to.Memory)
	}
	return nil
}

// settle reconciles as the events of the writes would, until nothing is left to write.
func (w *world) settle() {
	w.t.Helper()
	r := &Reconciler{Cached: w, Writer: w, Recorder: w.recorder, Clock: w.clock, OwnNamespace: "plimsoll-system"}
	for before := -1; before != w.writes; {
		before = w.writes
		result, err := r.Reconcile(w.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "ns", Name: "report"}})
		if err != nil {
			w.t.Fatal(err)
		}
		w.next = time.Time{}
		if result.RequeueAfter > 0 {
			w.next = w.clock.Now().Add(result.RequeueAfter)
		}
	}
}

// wake lets time pass until a moment, which the controller is to look at in time: it looks once a minute, as the clock may be
// set, and at the moment itself.
func (w *world) wake(at string) {
	w.t.Helper()
	for moment := date(w.t, at); w.clock.Now().Before(moment); w.settle() {
		if w.next.IsZero() || w.next.After(moment) || w.next.Sub(w.clock.Now()) > time.Minute {
			w.t.Fatalf("at %s it wants to wake at %s, want within a minute and by %s", w.clock.Now(), w.next, at)
		}
		w.clock.SetTime(w.next)
	}
}

func (w *world) want(suspended bool, memory sleep.Memory) {
	w.t.Helper()
	if got := stateOf(&w.cron); got != (sleep.State{Suspended: suspended, Memory: memory}) {
		w.t.Fatalf("at %s: %+v", w.clock.Now(), got)
	}
}

func (w *world) suspend(yes bool) { w.cron.Spec.Suspend = &yes }

// TestNights follows a CronJob through the nights on which clocks change: it wakes at six in Berlin on each of them, and the
// controller at the edges only.
func TestNights(t *testing.T) {
	for name, edges := range map[string][3]string{
		"of equal length": {"2026-01-10T21:00:00Z", "2026-01-11T05:00:00Z", "2026-01-11T21:00:00Z"},
		"an hour short":   {"2026-03-28T21:00:00Z", "2026-03-29T04:00:00Z", "2026-03-29T20:00:00Z"},
		"an hour long":    {"2026-10-24T20:00:00Z", "2026-10-25T05:00:00Z", "2026-10-25T21:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, edges[0][:11]+"12:00:00Z")
			w.cron.Annotations["plimsoll.dev/schedule"] = night
			w.settle()
			w.want(false, sleep.Awake)
			w.wake(edges[0])
			w.want(true, sleep.Resume)
			w.wake(edges[1])
			w.want(false, sleep.Awake)
			w.wake(edges[2])
			w.want(true, sleep.Resume)
			if w.writes != 3 {
				t.Errorf("%d writes", w.writes)
			}
		})
	}
}

// TestWhoDecides: what people do themselves stands.
func TestWhoDecides(t *testing.T) {
	const dusk, dawn = "2026-01-10T21:00:00Z", "2026-01-11T05:00:00Z"
	asleep := func(t *testing.T) *world {
		w := newWorld(t, dusk)
		w.cron.Annotations["plimsoll.dev/schedule"] = night
		w.settle()
		w.want(true, sleep.Resume)
		return w
	}
	t.Run("suspended before", func(t *testing.T) {
		w := newWorld(t, dusk)
		w.cron.Annotations["plimsoll.dev/schedule"] = night
		w.suspend(true)
		w.settle()
		w.want(true, sleep.Keep)
		w.wake(dawn)
		w.want(true, sleep.Awake)
	})
	t.Run("resumed meanwhile", func(t *testing.T) {
		w := asleep(t)
		w.suspend(false)
		w.settle()
		w.want(false, sleep.Keep)
		w.wake(dawn)
		w.want(false, sleep.Awake)
	})
	t.Run("resumed and suspended meanwhile", func(t *testing.T) {
		w := asleep(t)
		w.suspend(false)
		w.settle()
		w.suspend(true)
		w.settle()
		w.wake(dawn)
		w.want(true, sleep.Awake)
	})
	t.Run("the schedule taken away", func(t *testing.T) {
		w := asleep(t)
		delete(w.cron.Annotations, "plimsoll.dev/schedule")
		w.settle()
		w.want(false, sleep.Awake)
		if !w.next.IsZero() {
			t.Errorf("wakes at %s", w.next)
		}
	})
	t.Run("opted out", func(t *testing.T) {
		w := asleep(t)
		w.cron.Annotations["plimsoll.dev/enabled"] = "false"
		w.settle()
		w.want(false, sleep.Awake)
	})
	t.Run("a slip in the schedule", func(t *testing.T) {
		for _, slip := range []string{"- [", `[{start: "0 22 * * *", end: "0 25 * * *", replicas: 0}]`} {
			w := asleep(t)
			w.cron.Annotations["plimsoll.dev/schedule"] = slip
			w.settle()
			w.want(true, sleep.Resume)
			if event := <-w.recorder.Events; !strings.Contains(event, "InvalidValue") || !strings.Contains(event, "schedule") {
				t.Errorf("event %q", event)
			}
		}
	})
}

// TestOfTheNamespace: a Namespace's schedule is for what is enrolled in it and has none of its own.
func TestOfTheNamespace(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*world)
		asleep bool
	}{
		"enrolled":                {func(*world) {}, true},
		"not enrolled":            {func(w *world) { w.namespace.Labels = nil }, false},
		"not enrolled, annotated": {func(w *world) { w.namespace.Labels = nil; w.cron.Annotations["plimsoll.dev/ttl"] = "1h" }, false},
		"opted out":               {func(w *world) { w.cron.Annotations["plimsoll.dev/enabled"] = "false" }, false},
		"a schedule of its own":   {func(w *world) { w.cron.Annotations["plimsoll.dev/schedule"] = midday }, false},
		"a floor only": {func(w *world) {
			w.namespace.Annotations["plimsoll.dev/schedule"] = strings.ReplaceAll(night, "replicas: 0", "minReplicas: 3")
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "2026-01-10T23:00:00Z")
			w.namespace.Annotations = map[string]string{"plimsoll.dev/schedule": night}
			test.change(w)
			w.settle()
			memory := sleep.Awake
			if test.asleep {
				memory = sleep.Resume
			}
			w.want(test.asleep, memory)
		})
	}
}

// TestConflict: a write on what has changed meanwhile is tried again soon, from what is there then.
func TestConflict(t *testing.T) {
	w := newWorld(t, "2026-01-10T23:00:00Z")
	w.cron.Annotations["plimsoll.dev/schedule"] = night
	w.refuse = apierrors.NewConflict(schema.GroupResource{Resource: "cronjobs"}, "report", errors.New("changed"))
	w.settle()
	w.want(false, sleep.Awake)
	w.wake("2026-01-10T23:00:01Z")
	w.want(true, sleep.Resume)
}
