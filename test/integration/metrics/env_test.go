// Package metrics tests, on a real API server with the manager, metrics-server and a metrics adapter beside it, that every
// type of metric of autoscaling/v2 scales, and that nothing is lowered where nothing is known.
package metrics

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// env is one cluster with the manager and the adapter; each test has a namespace of its own in it.
type env struct {
	cluster *cluster.Cluster
	client  client.Client
	api     *cluster.MetricsAPI
	log     *cluster.Log
}

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	ctx := t.Context()
	c, err := cluster.Up(ctx, cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	e := &env{cluster: c, log: cluster.NewLog(t)}
	e.client, err = c.Client()
	must(t, err)
	e.api, err = c.StartMetricsAPI(ctx, e.log)
	must(t, err)
	t.Cleanup(func() { _ = e.api.Stop() })
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(ctx, port))
	m, err := c.StartManager(context.WithoutCancel(ctx), cluster.ManagerOptions{WebhookPort: port, Log: e.log, Args: []string{"--log-format=text"}})
	must(t, err)
	t.Cleanup(func() { _ = m.Stop() })
	return e
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// set gives a metric a value, in a namespace; see cluster.MetricsAPI.
func (e *env) set(t *testing.T, ns, metric, value string, series ...string) {
	t.Helper()
	must(t, e.api.Set(t.Context(), metric, value, append([]string{"namespace", ns}, series...)...))
}

// workload makes a namespace and in it a Deployment named web, with the given metrics and annotations.
func (e *env) workload(t *testing.T, ns, metrics string, annotations ...string) {
	t.Helper()
	must(t, e.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns}}))
	must(t, e.client.Create(t.Context(), deployment(ns, metrics, annotations...)))
}

// deployment is quick: its manners change how fast it is scaled, not what is decided.
func deployment(ns, metrics string, annotations ...string) *appsv1.Deployment {
	one, labels := int32(1), map[string]string{"app": "web"}
	a := map[string]string{
		"plimsoll.dev/max-replicas": "9", "plimsoll.dev/polling-interval": "5s", "plimsoll.dev/cooldown": "2s",
		"plimsoll.dev/behavior": `{scaleUp: {policies: [{type: Pods, value: 100, periodSeconds: 1}]},
scaleDown: {stabilizationWindowSeconds: 1, policies: [{type: Percent, value: 100, periodSeconds: 1}]}}`,
	}
	if metrics != "" {
		a["plimsoll.dev/metrics"] = metrics
	}
	for i := 0; i+1 < len(annotations); i += 2 {
		a["plimsoll.dev/"+annotations[i]] = annotations[i+1]
	}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web", Annotations: a},
		Spec: appsv1.DeploymentSpec{
			Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:latest"}}},
			},
		},
	}
}

// await polls for a condition and says what was there instead.
func await(t *testing.T, within time.Duration, what string, ok func() (bool, string)) {
	t.Helper()
	var state string
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var done bool
		if done, state = ok(); done {
			return
		}
	}
	t.Fatalf("within %s did not come: %s; there is: %s", within, what, state)
}

func (e *env) replicas(t *testing.T, ns string) int32 {
	t.Helper()
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, d))
	return *d.Spec.Replicas
}

// wantReplicas waits for a replica count.
func (e *env) wantReplicas(t *testing.T, ns string, want int32) {
	t.Helper()
	await(t, time.Minute, fmt.Sprintf("%d replicas of %s", want, ns), func() (bool, string) {
		n := e.replicas(t, ns)
		return n == want, fmt.Sprintf("%d replicas\n%s", n, e.describe(t, ns))
	})
}

// holds wants a count to stay for longer than lowering would take.
func (e *env) holds(t *testing.T, ns string, want int32) {
	t.Helper()
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if n := e.replicas(t, ns); n != want {
			t.Fatalf("%d replicas of %s, want %d held\n%s", n, ns, want, e.describe(t, ns))
		}
	}
}

func (e *env) scaler(t *testing.T, ns string) (*v1alpha1.Scaler, error) {
	t.Helper()
	s := &v1alpha1.Scaler{}
	return s, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, s)
}

// wantActive waits until ScalingActive has a reason, and a message that says something.
func (e *env) wantActive(t *testing.T, ns, reason, message string) {
	t.Helper()
	await(t, time.Minute, fmt.Sprintf("ScalingActive of %s with reason %s and message %s", ns, reason, message), func() (bool, string) {
		s, err := e.scaler(t, ns)
		if err != nil {
			return false, err.Error()
		}
		c := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionScalingActive)
		return c != nil && c.Reason == reason && bytes.Contains([]byte(c.Message), []byte(message)), e.describe(t, ns)
	})
}

// describe says what a Scaler's status is, for failures.
func (e *env) describe(t *testing.T, ns string) string {
	s, err := e.scaler(t, ns)
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprintf("reason %s, message %q\n", s.Status.Reason, s.Status.Message)
	for _, c := range s.Status.Conditions {
		out += fmt.Sprintf("  %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
	}
	for _, m := range s.Status.Metrics {
		out += fmt.Sprintf("  %+v\n", m)
	}
	return out
}
