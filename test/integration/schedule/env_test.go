// Package schedule tests, on a real API server with the manager beside it, that what has nothing but a schedule sleeps and
// wakes: Deployments, StatefulSets, whole Namespaces, CronJobs.
package schedule

import (
	"context"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// soon is how long anything here may take; nothing waits for the minute of a cron time.
const soon = 20 * time.Second

const key = "plimsoll.dev/schedule"

// env is one cluster with the manager; each test has a namespace of its own in it.
type env struct {
	client  client.Client
	cluster *cluster.Cluster
	manager *cluster.Manager
	options cluster.ManagerOptions
}

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	c, err := cluster.Up(t.Context(), cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	e := &env{cluster: c}
	e.client, err = c.Client()
	must(t, err)
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(t.Context(), port))
	e.options = cluster.ManagerOptions{WebhookPort: port, Log: cluster.NewLog(t), Args: []string{"--log-format=text"}}
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

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// window is a daily one, from some hours after now to some others; what is said of it is what it does.
func window(from, to int, does string) string {
	now := time.Now().UTC()
	at := func(hours int) string {
		edge := now.Add(time.Duration(hours) * time.Hour)
		return fmt.Sprintf("%d %d * * *", edge.Minute(), edge.Hour())
	}
	return fmt.Sprintf("[{start: %q, end: %q, %s}]", at(from), at(to), does)
}

// open and shut are windows far enough from their edges for a test to be over before.
func open(does string) string { return window(-2, 2, does) }
func shut(does string) string { return window(2, 4, does) }

const asleep = "replicas: 0"

func (e *env) namespace(t *testing.T, name, enrolled, schedule string) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"plimsoll.dev/enabled": enrolled}}}
	if schedule != "" {
		ns.Annotations = map[string]string{key: schedule}
	}
	must(t, e.client.Create(t.Context(), ns))
	return name
}

// annotate sets or, where the value is empty, removes an annotation.
func (e *env) annotate(t *testing.T, o client.Object, name, value string) {
	t.Helper()
	text := "null"
	if value != "" {
		text = fmt.Sprintf("%q", value)
	}
	body := fmt.Sprintf(`{"metadata":{"annotations":{%q:%s}}}`, name, text)
	must(t, e.client.Patch(t.Context(), o, client.RawPatch(types.MergePatchType, []byte(body))))
}

func metaOf(namespace, name string, annotations []string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{}}
	for i := 0; i+1 < len(annotations); i += 2 {
		m.Annotations[annotations[i]] = annotations[i+1]
	}
	return m
}

func template(name string) (*metav1.LabelSelector, corev1.PodTemplateSpec) {
	labels := map[string]string{"app": name}
	return &metav1.LabelSelector{MatchLabels: labels}, corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:latest"}}},
	}
}

func (e *env) deployment(t *testing.T, namespace, name string, replicas int32, annotations ...string) *appsv1.Deployment {
	t.Helper()
	d := &appsv1.Deployment{ObjectMeta: metaOf(namespace, name, annotations)}
	d.Spec.Replicas = &replicas
	d.Spec.Selector, d.Spec.Template = template(name)
	must(t, e.client.Create(t.Context(), d))
	return d
}

func (e *env) statefulSet(t *testing.T, namespace, name string, replicas int32) *appsv1.StatefulSet {
	t.Helper()
	s := &appsv1.StatefulSet{ObjectMeta: metaOf(namespace, name, nil)}
	s.Spec.Replicas, s.Spec.ServiceName = &replicas, name
	s.Spec.Selector, s.Spec.Template = template(name)
	must(t, e.client.Create(t.Context(), s))
	return s
}

func (e *env) cronJob(t *testing.T, namespace, name string, suspended bool, annotations ...string) *batchv1.CronJob {
	t.Helper()
	c := &batchv1.CronJob{ObjectMeta: metaOf(namespace, name, annotations)}
	c.Spec.Schedule, c.Spec.Suspend = "0 0 1 1 *", &suspended
	_, c.Spec.JobTemplate.Spec.Template = template(name)
	c.Spec.JobTemplate.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	must(t, e.client.Create(t.Context(), c))
	return c
}

// state says in words what a workload is: its replicas, or whether it is suspended and what is remembered of it.
func (e *env) state(t *testing.T, o client.Object) string {
	t.Helper()
	must(t, e.client.Get(t.Context(), client.ObjectKeyFromObject(o), o))
	switch w := o.(type) {
	case *appsv1.Deployment:
		return fmt.Sprint(*w.Spec.Replicas)
	case *appsv1.StatefulSet:
		return fmt.Sprint(*w.Spec.Replicas)
	case *batchv1.CronJob:
		return fmt.Sprintf("%t %s", *w.Spec.Suspend, w.Annotations["plimsoll.dev/asleep"])
	}
	return ""
}

// await polls until a workload is what it is to be.
func (e *env) await(t *testing.T, o client.Object, want string) {
	t.Helper()
	var got string
	for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if got = e.state(t, o); got == want {
			return
		}
	}
	s := &v1alpha1.Scaler{}
	err := e.client.Get(t.Context(), client.ObjectKeyFromObject(o), s)
	t.Fatalf("%s is %q, want %q; its Scaler (%v): %s, digest %s", o.GetName(), got, want, err, s.Status.Message, s.Status.Digest)
}
