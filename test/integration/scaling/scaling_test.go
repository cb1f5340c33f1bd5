package scaling

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

const password = "correct-horse-battery"

func TestScaling(t *testing.T) {
	redis := redistest.Start(t, password)
	redis.Fill(t, "early", 10)
	early := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "early"}},
		secret("early", password),
		deployment("early", "consumer", 0, onList(redis.Address, "early")),
	}
	e := start(t, early...)
	t.Run("group", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *env, *redistest.Server){
			"there before Plimsoll":    thereBefore,
			"from zero and back":       fromZeroAndBack,
			"annotations removed":      annotationsRemoved,
			"wrong type":               wrongType,
			"wrong password":           wrongPassword,
			"server down":              serverDown,
			"secret missing":           secretMissing,
			"CPU":                      cpu,
			"cron":                     cronWindow,
			"a Scaler written by hand": byHand,
			"both kinds of one name":   bothKinds,
			"scaled by hand":           scaledByHand,
			"namespace default":        namespaceDefault,
			"Jobs kept by outcome":     jobs,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, e, redis)
			})
		}
	})
	t.Run("steady state asks nothing", func(t *testing.T) { steadyState(t, e) })
	t.Run("restart", func(t *testing.T) { restart(t, e, redis) })
}

func thereBefore(t *testing.T, e *env, _ *redistest.Server) {
	e.awaitReplicas(t, 20*time.Second, "early", "consumer", 2)
}

func fromZeroAndBack(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "zero")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	h := e.watch(t, ns, "consumer")
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, onList(redis.Address, "zero"))))
	e.awaitCondition(t, 20*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "Idle")
	owned(t, e, ns, "consumer")

	redis.Fill(t, "zero", 140)
	e.awaitReplicas(t, 10*time.Second, ns, "consumer", 28)
	if got := h.seen(); !slices.Equal(got, []int32{0, 28}) {
		t.Fatalf("replica counts were %v, want 0, then 28 in one write", got)
	}
	await(t, 10*time.Second, "columns", func() (bool, string) {
		out, err := e.cluster.Kubectl(t.Context(), "get", "scalers", "-n", ns)
		must(t, err)
		fields := strings.Fields(strings.Split(out, "\n")[1])
		return slices.Equal(fields[:7], []string{"consumer", "Deployment/consumer", "0", "40", "28", "28", "True"}), out
	})
	redis.Fill(t, "zero", 0)
	e.awaitReplicas(t, 60*time.Second, ns, "consumer", 0)
	t.Logf("replica counts: %v", h.seen())
	await(t, 10*time.Second, "the status of zero", func() (bool, string) {
		s, err := e.scaler(t, ns, "consumer")
		must(t, err)
		return *s.Status.CurrentReplicas == 0 && len(s.Status.Decisions) >= 2, e.describe(t, ns, "consumer")
	})
	awaitEvent(t, e, ns, "SucceededRescale", "from 0 to 28")
}

func owned(t *testing.T, e *env, ns, name string) {
	t.Helper()
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: name}, d))
	s, err := e.scaler(t, ns, name)
	must(t, err)
	if !metav1.IsControlledBy(s, d) || s.Labels["plimsoll.dev/managed-by"] != "annotations" {
		t.Fatalf("owners %+v, labels %v", s.OwnerReferences, s.Labels)
	}
}

// awaitEvent waits for an event in events.k8s.io.
func awaitEvent(t *testing.T, e *env, ns, reason, note string) {
	t.Helper()
	await(t, 20*time.Second, "event "+reason+" with "+note, func() (bool, string) {
		out, err := e.cluster.Kubectl(t.Context(), "get", "events.events.k8s.io", "-n", ns, "-o", "jsonpath={range .items[*]}{.reason}: {.note}{\"\\n\"}{end}")
		must(t, err)
		for line := range strings.Lines(out) {
			if strings.HasPrefix(line, reason+": ") && strings.Contains(line, note) {
				return true, out
			}
		}
		return false, out
	})
}

func annotationsRemoved(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "removed")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "removed", 15)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, onList(redis.Address, "removed"))))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 3)
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "consumer"}, d))
	patch := client.MergeFrom(d.DeepCopy())
	d.Annotations = nil
	must(t, e.client.Patch(t.Context(), d, patch))
	await(t, 20*time.Second, "the Scaler is gone", func() (bool, string) {
		_, err := e.scaler(t, ns, "consumer")
		return apierrors.IsNotFound(err), fmt.Sprint(err)
	})
	redis.Fill(t, "removed", 0)
	time.Sleep(3 * time.Second) // more than two polls and the cooldown would take
	if n := e.replicas(t, ns, "consumer"); n != 3 {
		t.Fatalf("%d replicas after the annotations went, want the 3 there were", n)
	}
}

// holds says that a workload keeps its replicas for longer than going to zero would take.
func (e *env) holds(t *testing.T, ns, name string, want int32) {
	t.Helper()
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if n := e.replicas(t, ns, name); n != want {
			t.Fatalf("%d replicas, want %d held\n%s", n, want, e.describe(t, ns, name))
		}
	}
}

func wrongType(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "wrong-type")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "typed", 15)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, onList(redis.Address, "typed"))))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 3)
	must(t, redis.Client.Set(t.Context(), "typed", "no list", 0).Err())
	c := e.awaitCondition(t, 10*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "FailedTrigger")
	if !strings.Contains(c.Message, "WRONGTYPE") || c.Status != metav1.ConditionFalse {
		t.Errorf("the condition does not say why: %+v", c)
	}
	e.holds(t, ns, "consumer", 3)
	redis.Fill(t, "typed", 20)
	e.awaitReplicas(t, 10*time.Second, ns, "consumer", 4)
	e.awaitCondition(t, 10*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "ValidMetricFound")
	awaitEvent(t, e, ns, "FailedTrigger", "WRONGTYPE")
}

func wrongPassword(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "wrong-password")
	must(t, e.client.Create(t.Context(), secret(ns, "not-the-password")))
	redis.Fill(t, "locked", 15)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 2, onList(redis.Address, "locked"))))
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "FailedTrigger")
	if !strings.Contains(c.Message, "WRONGPASS") || strings.Contains(c.Message, "not-the-password") {
		t.Errorf("the condition does not say why, or says too much: %+v", c)
	}
	e.holds(t, ns, "consumer", 2)
	s := &corev1.Secret{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "redis-auth"}, s))
	s.StringData = map[string]string{"password": password}
	must(t, e.client.Update(t.Context(), s))
	e.awaitReplicas(t, 60*time.Second, ns, "consumer", 3)
	if strings.Contains(e.log.String(), password) || strings.Contains(e.log.String(), "not-the-password") {
		t.Error("a password is in the log")
	}
}

func secretMissing(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "no-secret")
	redis.Fill(t, "no-secret", 15)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 2, onList(redis.Address, "no-secret"))))
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "FailedTrigger")
	if !strings.Contains(c.Message, `secret "redis-auth" does not exist`) {
		t.Errorf("the condition does not say why: %+v", c)
	}
	e.holds(t, ns, "consumer", 2)
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	e.awaitReplicas(t, 60*time.Second, ns, "consumer", 3)
}

func serverDown(t *testing.T, e *env, _ *redistest.Server) {
	ns := e.namespace(t, "down")
	own := redistest.Start(t, password)
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	own.Fill(t, "queue", 15)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, onList(own.Address, "queue"))))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 3)
	own.Stop()
	c := e.awaitCondition(t, 10*time.Second, [2]string{ns, "consumer"}, v1alpha1.ConditionScalingActive, "FailedTrigger")
	if !strings.Contains(c.Message, "does not answer") {
		t.Errorf("the condition does not say why: %+v", c)
	}
	e.holds(t, ns, "consumer", 3)
	again := redistest.StartAt(t, own.Address, password)
	again.Fill(t, "queue", 25)
	e.awaitReplicas(t, 60*time.Second, ns, "consumer", 5)
}

func cpu(t *testing.T, e *env, _ *redistest.Server) {
	ns := e.namespace(t, "cpu")
	d := deployment(ns, "web", 1, map[string]string{
		"plimsoll.dev/max-replicas": "6", "plimsoll.dev/cpu": "50%", "plimsoll.dev/polling-interval": "5s",
		"plimsoll.dev/cpu-initialization-period": "0s", "plimsoll.dev/initial-readiness-delay": "0s", "plimsoll.dev/requests": "cpu=100m",
	})
	d.Spec.Template.Annotations = map[string]string{"kwok.x-k8s.io/usage-cpu": "200m"}
	must(t, e.client.Create(t.Context(), d))
	e.awaitReplicas(t, 2*time.Minute, ns, "web", 6) // 200 % of requests for 50 % wanted: 4, and then the maximum
	s, err := e.scaler(t, ns, "web")
	must(t, err)
	if len(s.Status.Metrics) != 1 || s.Status.Metrics[0].Type != "Resource" || s.Status.Metrics[0].Target != "50%" {
		t.Errorf("metrics: %+v", s.Status.Metrics)
	}
}

func cronWindow(t *testing.T, e *env, _ *redistest.Server) {
	ns := e.namespace(t, "cron")
	now := time.Now().UTC()
	at := func(d time.Duration) string {
		return fmt.Sprintf("%d %d * * *", now.Add(d).Minute(), now.Add(d).Hour())
	}
	trigger := func(start, end time.Duration) string {
		return fmt.Sprintf(`- type: cron
  metadata: {timezone: Etc/UTC, start: "%s", end: "%s", desiredReplicas: "3"}
`, at(start), at(end))
	}
	annotations := func(triggers string) map[string]string {
		return map[string]string{
			"plimsoll.dev/min-replicas": "0", "plimsoll.dev/max-replicas": "10", "plimsoll.dev/cooldown": "2s", "plimsoll.dev/behavior": quick,
			"plimsoll.dev/triggers": triggers,
		}
	}
	must(t, e.client.Create(t.Context(), deployment(ns, "open", 0, annotations(trigger(-time.Hour, time.Hour)))))
	must(t, e.client.Create(t.Context(), deployment(ns, "closed", 2, annotations(trigger(2*time.Hour, 3*time.Hour)))))
	e.awaitReplicas(t, 20*time.Second, ns, "open", 3)
	e.awaitReplicas(t, 20*time.Second, ns, "closed", 0)
}

func byHand(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "by-hand")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "by-hand", 10)
	least := int32(0)
	hand := &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "consumer"},
		Spec: v1alpha1.ScalerSpec{
			ScaleTargetRef: v1alpha1.TargetRef{Name: "consumer"}, MinReplicas: &least, MaxReplicas: 9,
			PollingInterval: &metav1.Duration{Duration: time.Second},
			Triggers: []v1alpha1.Trigger{{
				Type: "redis", Metadata: map[string]string{"address": redis.Address, "listName": "by-hand", "listLength": "2"},
				AuthenticationRef: &v1alpha1.AuthenticationRef{Name: "redis-auth", Kind: "Secret"},
			}},
		},
	}
	must(t, e.client.Create(t.Context(), hand))
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, nil)))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 5)
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "consumer"}, d))
	patch := client.MergeFrom(d.DeepCopy())
	d.Annotations = onList(redis.Address, "by-hand")
	must(t, e.client.Patch(t.Context(), d, patch))
	awaitEvent(t, e, ns, "ConflictingScaler", "written by hand")
	s, err := e.scaler(t, ns, "consumer")
	must(t, err)
	if s.Spec.MaxReplicas != 9 || len(s.OwnerReferences) != 0 {
		t.Errorf("the Scaler that was written by hand was changed: %+v", s)
	}
}

func bothKinds(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "both")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "both", 10)
	d := deployment(ns, "web", 0, onList(redis.Address, "both"))
	s := &appsv1.StatefulSet{
		ObjectMeta: d.ObjectMeta,
		Spec: appsv1.StatefulSetSpec{
			Replicas: d.Spec.Replicas, ServiceName: "web", Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web-s"}},
			Template: *d.Spec.Template.DeepCopy(),
		},
	}
	s.Spec.Template.Labels = map[string]string{"app": "web-s"}
	must(t, e.client.Create(t.Context(), d))
	e.awaitReplicas(t, 20*time.Second, ns, "web", 2)
	must(t, e.client.Create(t.Context(), s))
	await(t, 20*time.Second, "two replicas of the StatefulSet", func() (bool, string) {
		must(t, e.client.Get(t.Context(), client.ObjectKeyFromObject(s), s))
		return *s.Spec.Replicas == 2, fmt.Sprint(*s.Spec.Replicas)
	})
	if _, err := e.scaler(t, ns, "web-statefulset"); err != nil {
		t.Error(err)
	}
}

func scaledByHand(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "hand")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "hand", 20)
	must(t, e.client.Create(t.Context(), deployment(ns, "consumer", 0, onList(redis.Address, "hand"))))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 4)
	_, err := e.cluster.Kubectl(t.Context(), "scale", "deployment/consumer", "-n", ns, "--replicas=9")
	must(t, err)
	await(t, 20*time.Second, "taken up from 9", func() (bool, string) {
		s, err := e.scaler(t, ns, "consumer")
		must(t, err)
		return slices.ContainsFunc(s.Status.Decisions, func(d v1alpha1.DecisionRecord) bool { return d.From == 9 }), e.describe(t, ns, "consumer")
	})
	e.awaitReplicas(t, 30*time.Second, ns, "consumer", 4)
}

func namespaceDefault(t *testing.T, e *env, redis *redistest.Server) {
	ns := e.namespace(t, "defaults")
	must(t, e.client.Create(t.Context(), secret(ns, password)))
	redis.Fill(t, "defaults", 100)
	a := onList(redis.Address, "defaults")
	delete(a, "plimsoll.dev/max-replicas")
	n := &corev1.Namespace{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Name: ns}, n))
	n.Annotations = map[string]string{"plimsoll.dev/max-replicas": "6"}
	must(t, e.client.Update(t.Context(), n))
	await(t, 20*time.Second, "a Scaler", func() (bool, string) {
		err := e.client.Create(t.Context(), deployment(ns, "consumer", 0, a))
		return err == nil || apierrors.IsAlreadyExists(err), fmt.Sprint(err) // admission may not know of the default yet
	})
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 6)
	must(t, e.client.Get(t.Context(), client.ObjectKey{Name: ns}, n))
	n.Annotations["plimsoll.dev/max-replicas"] = "7"
	must(t, e.client.Update(t.Context(), n))
	e.awaitReplicas(t, 20*time.Second, ns, "consumer", 7)
}
