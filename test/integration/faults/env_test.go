// Package faults tests, on a real API server, what Plimsoll does where others do wrong, or are away: other autoscalers, writers
// that set a count back, targets that go and come, an API server that restarts, a leader that dies.
package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

// env is one cluster with the manager; each test has a namespace of its own in it.
type env struct {
	cluster *cluster.Cluster
	client  client.WithWatch
	manager *cluster.Manager
	log     io.Writer
	redis   *redistest.Server
}

const password = "correct-horse-battery"

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	ctx := t.Context()
	e := &env{redis: redistest.Start(t, password), log: logFile(t)}
	var err error
	e.cluster, err = cluster.Up(ctx, cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, e.cluster.Down(context.Background())) })
	e.client, err = e.cluster.Client()
	must(t, err)
	port, err := cluster.FreePort()
	must(t, err)
	must(t, e.cluster.Install(ctx, port))
	e.manager = e.startManager(t, port, nil)
	return e
}

// startManager starts one that competes for the lease. The tap may be nil.
func (e *env) startManager(t *testing.T, port int, tap *cluster.Tap) *cluster.Manager {
	t.Helper()
	m, err := e.cluster.StartManager(context.WithoutCancel(t.Context()), cluster.ManagerOptions{
		WebhookPort: port, Tap: tap, Log: e.log, Args: []string{"--log-format=text", "--leader-elect=true"},
	})
	must(t, err)
	t.Cleanup(func() { _ = m.Stop() })
	return m
}

// logFile is where the managers' log goes; it stays where a test failed.
func logFile(t *testing.T) io.Writer {
	path := filepath.Join(os.TempDir(), "plimsoll-integration-faults.log")
	file, err := os.Create(path)
	must(t, err)
	t.Cleanup(func() {
		_ = file.Close()
		if t.Failed() {
			t.Logf("the managers' log is in %s", path)
			return
		}
		_ = os.Remove(path)
	})
	return file
}

// namespace makes a namespace named after the test.
func (e *env) namespace(t *testing.T, name string) string {
	t.Helper()
	must(t, e.client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	must(t, e.client.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "redis-auth"}, StringData: map[string]string{"password": password},
	}))
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

// quick lets a test not wait: it changes how fast lowering is, not what is decided.
const quick = "scaleDown: {stabilizationWindowSeconds: 1, policies: [{type: Percent, value: 50, periodSeconds: 1}]}"

// consumer makes a workload that is led by a list of its namespace's name, five items to a pod, and waits until it has
// followed the list.
func (e *env) consumer(t *testing.T, ns string, items int, more ...string) {
	t.Helper()
	e.redis.Fill(t, ns, items)
	a := map[string]string{
		"plimsoll.dev/min-replicas": "1", "plimsoll.dev/max-replicas": "40", "plimsoll.dev/polling-interval": "1s",
		"plimsoll.dev/triggers": fmt.Sprintf(`[{type: redis-lists, metadata: {address: "%s", listName: %s, listLength: "5"},
 authenticationRef: {name: redis-auth, kind: Secret}}]`, e.redis.Address, ns),
	}
	for i := 0; i+1 < len(more); i += 2 {
		a["plimsoll.dev/"+more[i]] = more[i+1]
	}
	must(t, e.client.Create(t.Context(), deployment(ns, "web", 1, a)))
	e.awaitReplicas(t, 30*time.Second, ns, "web", int32(items/5))
}

// byHand is a Scaler that somebody has written, for a target of any kind.
func (e *env) byHand(ns string, target v1alpha1.TargetRef) *v1alpha1.Scaler {
	least := int32(0)
	return &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "hand"},
		Spec: v1alpha1.ScalerSpec{
			ScaleTargetRef: target, MinReplicas: &least, MaxReplicas: 20, PollingInterval: &metav1.Duration{Duration: time.Second},
			Triggers: []v1alpha1.Trigger{{
				Type: "redis-lists", Metadata: map[string]string{"address": e.redis.Address, "listName": ns, "listLength": "5"},
				AuthenticationRef: &v1alpha1.AuthenticationRef{Name: "redis-auth", Kind: "Secret"},
			}},
		},
	}
}

// component is the process of a part of the lab.
func (e *env) component(t *testing.T, name string) *os.Process {
	t.Helper()
	p, err := e.cluster.Component(t.Context(), name)
	must(t, err)
	return p
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
