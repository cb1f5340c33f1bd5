// Package scaling tests, on a real API server with the manager beside it, that annotated workloads scale: from Redis lists,
// from CPU, by cron; from zero in one write and back; and that nothing happens where nothing is known.
package scaling

import (
	"context"
	"fmt"
	"sync"
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

// env is one cluster with the manager; each test has a namespace of its own in it.
type env struct {
	cluster *cluster.Cluster
	client  client.WithWatch
	options cluster.ManagerOptions
	manager *cluster.Manager
	log     *cluster.Log
}

// before are objects that are there before Plimsoll is.
func start(t *testing.T, before ...client.Object) *env {
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
	for _, o := range before {
		must(t, e.client.Create(ctx, o))
	}
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(ctx, port))
	e.options = cluster.ManagerOptions{WebhookPort: port, Log: e.log, Args: []string{"--log-format=text"}}
	e.startManager(t)
	t.Cleanup(func() { _ = e.manager.Stop() })
	return e
}

func (e *env) startManager(t *testing.T) {
	t.Helper()
	m, err := e.cluster.StartManager(context.WithoutCancel(t.Context()), e.options)
	must(t, err)
	e.manager = m
}

// namespace makes a namespace named after the test.
func (e *env) namespace(t *testing.T, name string) string {
	t.Helper()
	must(t, e.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	return name
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
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

// deployment makes a Deployment with annotations.
func deployment(namespace, name string, replicas int32, annotations map[string]string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:latest"}}},
			},
		},
	}
}

// quick are manners under which a test need not wait: they change how fast lowering is, not what is decided.
const quick = "scaleDown: {stabilizationWindowSeconds: 1, policies: [{type: Percent, value: 50, periodSeconds: 1}]}"

// onList scales on a Redis list.
func onList(address, list string, more ...string) map[string]string {
	a := map[string]string{
		"plimsoll.dev/min-replicas": "0", "plimsoll.dev/max-replicas": "40", "plimsoll.dev/polling-interval": "1s",
		"plimsoll.dev/cooldown": "3s", "plimsoll.dev/behavior": quick,
		"plimsoll.dev/triggers": fmt.Sprintf(`- type: redis-lists
  metadata: {address: "%s", listName: %s, listLength: "5"}
  authenticationRef: {name: redis-auth, kind: Secret}
`, address, list),
	}
	for i := 0; i+1 < len(more); i += 2 {
		a["plimsoll.dev/"+more[i]] = more[i+1]
	}
	return a
}

func secret(namespace, password string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "redis-auth"}, StringData: map[string]string{"password": password},
	}
}

func (e *env) scaler(t *testing.T, namespace, name string) (*v1alpha1.Scaler, error) {
	t.Helper()
	s := &v1alpha1.Scaler{}
	return s, e.client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, s)
}

func (e *env) replicas(t *testing.T, namespace, name string) int32 {
	t.Helper()
	d := &appsv1.Deployment{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, d))
	return *d.Spec.Replicas
}

// awaitReplicas waits for a replica count.
func (e *env) awaitReplicas(t *testing.T, within time.Duration, namespace, name string, want int32) {
	t.Helper()
	await(t, within, fmt.Sprintf("%d replicas of %s", want, name), func() (bool, string) {
		n := e.replicas(t, namespace, name)
		return n == want, fmt.Sprintf("%d replicas\n%s", n, e.describe(t, namespace, name))
	})
}

// awaitCondition waits for a condition's reason, and gives the condition.
func (e *env) awaitCondition(t *testing.T, within time.Duration, where [2]string, kind, reason string) metav1.Condition {
	t.Helper()
	var found metav1.Condition
	await(t, within, fmt.Sprintf("%s with reason %s", kind, reason), func() (bool, string) {
		s, err := e.scaler(t, where[0], where[1])
		if err != nil {
			return false, err.Error()
		}
		if c := meta.FindStatusCondition(s.Status.Conditions, kind); c != nil {
			found = *c
		}
		return found.Reason == reason, e.describe(t, where[0], where[1])
	})
	return found
}

// describe says what a Scaler's status is, for failures.
func (e *env) describe(t *testing.T, namespace, name string) string {
	s, err := e.scaler(t, namespace, name)
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprintf("reason %s, message %q, digest %s\n", s.Status.Reason, s.Status.Message, s.Status.Digest)
	for _, c := range s.Status.Conditions {
		out += fmt.Sprintf("  %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
	}
	for _, m := range s.Status.Metrics {
		out += fmt.Sprintf("  %+v\n", m)
	}
	return out
}

// history watches a Deployment and notes each replica count it ever had.
type history struct {
	mu     sync.Mutex
	counts []int32
}

func (e *env) watch(t *testing.T, namespace, name string) *history {
	t.Helper()
	w, err := e.client.Watch(t.Context(), &appsv1.DeploymentList{}, client.InNamespace(namespace))
	must(t, err)
	h := &history{}
	go func() {
		for event := range w.ResultChan() {
			if d, ok := event.Object.(*appsv1.Deployment); ok && d.Name == name {
				h.note(*d.Spec.Replicas)
			}
		}
	}()
	t.Cleanup(w.Stop)
	return h
}

func (h *history) note(n int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.counts) == 0 || h.counts[len(h.counts)-1] != n {
		h.counts = append(h.counts, n)
	}
}

func (h *history) seen() []int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]int32(nil), h.counts...)
}
