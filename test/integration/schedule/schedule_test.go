package schedule

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

func TestSchedule(t *testing.T) {
	e := start(t)
	for name, test := range map[string]func(*testing.T, *env){
		"alone": alone, "taken away": takenAway, "cronjob": cronJob, "validation": validation,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
	// The last one stops the manager for a while, so these come after the others.
	t.Run("namespace", func(t *testing.T) { namespace(t, e) })
	t.Run("restart", func(t *testing.T) { restart(t, e) })
}

// alone: a Deployment with nothing but a schedule sleeps, and wakes to what it had.
func alone(t *testing.T, e *env) {
	ns := e.namespace(t, "alone", "false", "")
	web := e.deployment(t, ns, "web", 3, key, open(asleep))
	raised := e.deployment(t, ns, "raised", 1, key, open("minReplicas: 4"))
	off := e.deployment(t, ns, "off", 0, key, open(asleep))
	e.await(t, web, "0")
	e.await(t, raised, "4")
	e.annotate(t, web, key, shut(asleep))
	e.annotate(t, raised, key, shut("minReplicas: 4"))
	e.annotate(t, off, key, shut(asleep))
	e.await(t, web, "3")
	e.await(t, raised, "1")
	e.await(t, off, "0")

	must(t, e.client.Get(t.Context(), client.ObjectKeyFromObject(web), web))
	five := int32(5)
	patch := client.MergeFrom(web.DeepCopy())
	web.Spec.Replicas = &five
	must(t, e.client.Patch(t.Context(), web, patch))
	e.annotate(t, web, key, open(asleep))
	e.await(t, web, "0")
	e.annotate(t, web, key, shut(asleep))
	e.await(t, web, "5")
}

// takenAway: without the schedule there is no Scaler, and the replicas are those of before.
func takenAway(t *testing.T, e *env) {
	ns := e.namespace(t, "taken-away", "false", "")
	web := e.deployment(t, ns, "web", 3, key, open(asleep))
	optedOut := e.deployment(t, ns, "opted-out", 2, key, open(asleep))
	e.await(t, web, "0")
	e.await(t, optedOut, "0")
	e.annotate(t, web, key, "")
	e.annotate(t, optedOut, "plimsoll.dev/enabled", "false")
	e.await(t, web, "3")
	e.await(t, optedOut, "2")
	err := e.client.Get(t.Context(), client.ObjectKeyFromObject(web), &v1alpha1.Scaler{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the Scaler: %v", err)
	}
}

// cronJob: suspended while asleep, and afterwards what its user made it.
func cronJob(t *testing.T, e *env) {
	ns := e.namespace(t, "cronjob", "false", "")
	nightly := e.cronJob(t, ns, "nightly", false, key, open(asleep))
	suspended := e.cronJob(t, ns, "suspended", true, key, open(asleep))
	resumed := e.cronJob(t, ns, "resumed", false, key, open(asleep))
	awake := e.cronJob(t, ns, "awake", false, key, shut(asleep))
	e.await(t, nightly, "true resume")
	e.await(t, suspended, "true keep")
	e.await(t, resumed, "true resume")
	must(t, e.client.Patch(t.Context(), resumed, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"suspend":false}}`))))
	e.await(t, resumed, "false keep")
	for _, c := range []client.Object{nightly, suspended, resumed} {
		e.annotate(t, c, key, shut(asleep))
	}
	e.await(t, nightly, "false ")
	e.await(t, suspended, "true ")
	e.await(t, resumed, "false ")
	e.await(t, awake, "false ")
	e.annotate(t, awake, key, open(asleep))
	e.await(t, awake, "true resume")
	e.annotate(t, awake, key, "")
	e.await(t, awake, "false ")
}

// validation: the API server knows when a Scaler needs an upper bound.
func validation(t *testing.T, e *env) {
	ns := e.namespace(t, "validation", "false", "")
	window := v1alpha1.ScheduleWindow{Start: "0 22 * * *", End: "0 6 * * *", Replicas: new(int32(0))}
	trigger := v1alpha1.Trigger{Type: "cron", Metadata: map[string]string{"start": "0 8 * * *", "end": "0 9 * * *", "desiredReplicas": "1"}}
	for name, test := range map[string]struct {
		spec v1alpha1.ScalerSpec
		err  string
	}{
		"schedule-alone":        {spec: v1alpha1.ScalerSpec{Schedule: []v1alpha1.ScheduleWindow{window}}},
		"nothing":               {err: "maxReplicas is required"},
		"schedule-and-triggers": {spec: v1alpha1.ScalerSpec{Schedule: []v1alpha1.ScheduleWindow{window}, Triggers: []v1alpha1.Trigger{trigger}}, err: "maxReplicas is required"},
		"minimum-too-high":      {spec: v1alpha1.ScalerSpec{MinReplicas: new(int32(5)), MaxReplicas: 3}, err: "minReplicas must not be above maxReplicas"},
	} {
		s := &v1alpha1.Scaler{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: name}, Spec: test.spec}
		s.Spec.ScaleTargetRef.Name = "nobody"
		err := e.client.Create(t.Context(), s)
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v; want %q", name, err, test.err)
		}
	}
}

// namespace: what is enrolled sleeps, by one annotation on the Namespace, and wakes when the label or the schedule goes.
func namespace(t *testing.T, e *env) {
	ns := e.namespace(t, "staging", "true", "")
	web, db, report := e.deployment(t, ns, "web", 3), e.statefulSet(t, ns, "db", 2), e.cronJob(t, ns, "report", false)
	optedOut := e.deployment(t, ns, "opted-out", 2, "plimsoll.dev/enabled", "false")
	own := e.deployment(t, ns, "own", 2, key, shut(asleep))
	scaled := e.deployment(t, ns, "scaled", 2, "plimsoll.dev/max-replicas", "5")
	elsewhere := e.deployment(t, e.namespace(t, "elsewhere", "false", open(asleep)), "web", 2, "plimsoll.dev/spot", "prefer")

	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}
	e.annotate(t, object, key, open(asleep))
	for _, o := range []client.Object{web, db, scaled} {
		e.await(t, o, "0")
	}
	e.await(t, report, "true resume")
	for _, o := range []client.Object{optedOut, own, elsewhere} {
		if got := e.state(t, o); got != "2" {
			t.Errorf("%s/%s has %s replicas", o.GetNamespace(), o.GetName(), got)
		}
	}
	late := e.deployment(t, ns, "late", 4)
	e.await(t, late, "0")

	must(t, e.client.Patch(t.Context(), object, client.RawPatch("application/merge-patch+json",
		[]byte(`{"metadata":{"labels":{"plimsoll.dev/enabled":null}}}`))))
	e.await(t, web, "3")
	e.await(t, db, "2")
	e.await(t, late, "4")
	e.await(t, report, "false ")
	e.await(t, scaled, "1") // by its minimum: there are no metrics here
}

// restart: what was asleep when the manager stopped wakes when it is back and the window is over.
func restart(t *testing.T, e *env) {
	ns := e.namespace(t, "restart", "true", open(asleep))
	web, report := e.deployment(t, ns, "web", 3), e.cronJob(t, ns, "report", false)
	e.await(t, web, "0")
	e.await(t, report, "true resume")
	must(t, e.manager.Stop())
	e.annotate(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}, key, "")
	e.startManager(t)
	e.await(t, web, "3")
	e.await(t, report, "false ")
}
