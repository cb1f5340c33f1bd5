// Package selection tests, on a real API server, which objects are sent for review: the rules, selectors and match conditions
// of manifests/base/webhook.yaml. The webhook here answers yes to everything and writes down what it was asked.
package selection

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

const (
	enrolled = "enrolled" // a namespace with the label
	plain    = "plain"    // a namespace without it

	byEnrolled  = "enrolled.plimsoll.dev"
	byAnnotated = "annotated.plimsoll.dev"
)

// env is what a case acts on: the clients are of different users.
type env struct {
	admin, plimsoll, cronJobController kubernetes.Interface
}

func TestSelection(t *testing.T) {
	if testing.Short() {
		t.Skip("needs an API server")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	recorder := newRecorder(t)
	e := start(ctx, t, recorder)
	for name, tc := range cases() {
		t.Run(name, func(t *testing.T) {
			recorder.forget()
			tc.act(ctx, t, e)
			if diff := cmp.Diff(tc.want, recorder.seen()); diff != "" {
				t.Errorf("reviews (-want +got):\n%s", diff)
			}
		})
	}
}

// start brings up a cluster with Plimsoll's manifests, and its webhooks pointing to the recorder.
func start(ctx context.Context, t *testing.T, r *recorder) env {
	t.Helper()
	c, err := cluster.Up(ctx, cluster.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Down(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	must(t, c.Install(ctx, r.port()))
	config, err := c.REST()
	must(t, err)
	e := env{
		admin:             client(t, config, ""),
		plimsoll:          client(t, config, "system:serviceaccount:plimsoll-system:plimsoll"),
		cronJobController: client(t, config, "system:serviceaccount:kube-system:cronjob-controller"),
	}
	for name, labels := range map[string]map[string]string{plain: nil, enrolled: {"plimsoll.dev/enabled": "true"}} {
		_, err := e.admin.CoreV1().Namespaces().Create(ctx,
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
		must(t, err)
	}
	must(t, r.receive(ctx, e.admin))
	return e
}

// client is the administrator's, or that of somebody else with the administrator's rights.
func client(t *testing.T, config *rest.Config, user string) kubernetes.Interface {
	t.Helper()
	config = rest.CopyConfig(config)
	if user != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
	}
	c, err := kubernetes.NewForConfig(config)
	must(t, err)
	return c
}

type testCase struct {
	act  func(context.Context, *testing.T, env)
	want []string
}

var annotation = map[string]string{"plimsoll.dev/min-replicas": "0"}

func cases() map[string]testCase {
	return map[string]testCase{
		"no annotation in a plain namespace": {
			act: func(ctx context.Context, t *testing.T, e env) { create(ctx, t, e.admin, plain, "a1", nil) },
		},
		"annotated in a plain namespace": {
			act:  func(ctx context.Context, t *testing.T, e env) { create(ctx, t, e.admin, plain, "a2", annotation) },
			want: []string{byAnnotated + " CREATE Deployment a2"},
		},
		"an annotation is added in a plain namespace": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.admin, plain, "a3", nil)
				patch(ctx, t, e.admin, plain, "a3", `{"metadata":{"annotations":{"plimsoll.dev/min-replicas":"0"}}}`)
			},
			want: []string{byAnnotated + " UPDATE Deployment a3"},
		},
		"an annotation is removed in a plain namespace, and then the object changes": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.admin, plain, "a4", annotation)
				patch(ctx, t, e.admin, plain, "a4", `{"metadata":{"annotations":{"plimsoll.dev/min-replicas":null}}}`)
				patch(ctx, t, e.admin, plain, "a4", `{"spec":{"replicas":2}}`)
			},
			want: []string{byAnnotated + " CREATE Deployment a4", byAnnotated + " UPDATE Deployment a4"},
		},
		"somebody else's annotation in a plain namespace": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.admin, plain, "a5", nil)
				patch(ctx, t, e.admin, plain, "a5", `{"metadata":{"annotations":{"example.com/note":"hello"}}}`)
			},
		},
		"an enrolled namespace, by one webhook only": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.admin, enrolled, "b1", nil)
				create(ctx, t, e.admin, enrolled, "b2", annotation)
			},
			want: []string{byEnrolled + " CREATE Deployment b1", byEnrolled + " CREATE Deployment b2"},
		},
		"spec changes":          changed("b10", `{"spec":{"replicas":2}}`),
		"a label changes":       changed("b11", `{"metadata":{"labels":{"team":"a"}}}`),
		"an annotation changes": changed("b12", `{"metadata":{"annotations":{"example.com/note":"hello"}}}`),
		"a finalizer changes":   unchanged("b13", `{"metadata":{"finalizers":["example.com/hold"]}}`),
		"nothing changes":       unchanged("b14", `{"spec":{"replicas":1}}`),
		"scale changes":         unchanged("b15", `{"spec":{"replicas":3}}`, "scale"),
		"status changes":        unchanged("b16", `{"status":{"observedGeneration":1}}`, "status"),
		"an object being deleted": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.admin, enrolled, "b4", nil)
				patch(ctx, t, e.admin, enrolled, "b4", `{"metadata":{"finalizers":["example.com/hold"]}}`)
				must(t, e.admin.AppsV1().Deployments(enrolled).Delete(ctx, "b4", metav1.DeleteOptions{}))
				patch(ctx, t, e.admin, enrolled, "b4", `{"metadata":{"labels":{"team":"a"}}}`)
				patch(ctx, t, e.admin, enrolled, "b4", `{"metadata":{"finalizers":null}}`)
			},
			want: []string{byEnrolled + " CREATE Deployment b4"},
		},
		"Plimsoll's own writes": {
			act: func(ctx context.Context, t *testing.T, e env) {
				create(ctx, t, e.plimsoll, enrolled, "b5", annotation)
				patch(ctx, t, e.plimsoll, enrolled, "b5", `{"spec":{"replicas":2}}`)
			},
		},
		"Jobs: a person's, and a CronJob's": {
			act: func(ctx context.Context, t *testing.T, e env) {
				createJob(ctx, t, e.admin, "c1", metav1.ObjectMeta{})
				createJob(ctx, t, e.cronJobController, "c2", metav1.ObjectMeta{})
			},
			want: []string{byEnrolled + " CREATE Job c1"},
		},
		"an owner reference written by a person gets nobody past the review": {
			act: func(ctx context.Context, t *testing.T, e env) {
				yes := true
				createJob(ctx, t, e.admin, "c3", metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{
					{APIVersion: "batch/v1", Kind: "CronJob", Name: "nightly", UID: "1", Controller: &yes},
				}})
			},
			want: []string{byEnrolled + " CREATE Job c3"},
		},
		"namespaces that are never looked at": {
			act: func(ctx context.Context, t *testing.T, e env) {
				for _, namespace := range []string{"kube-system", "kube-public", "kube-node-lease", "plimsoll-system"} {
					create(ctx, t, e.admin, namespace, "d1", annotation)
				}
			},
		},
	}
}

// changed patches an object in the enrolled namespace and wants that reviewed.
func changed(name, body string) testCase {
	tc := unchanged(name, body)
	tc.want = append(tc.want, byEnrolled+" UPDATE Deployment "+name)
	return tc
}

// unchanged patches an object in the enrolled namespace and wants only its creation reviewed.
func unchanged(name, body string, subresource ...string) testCase {
	return testCase{
		act: func(ctx context.Context, t *testing.T, e env) {
			create(ctx, t, e.admin, enrolled, name, nil)
			patch(ctx, t, e.admin, enrolled, name, body, subresource...)
		},
		want: []string{byEnrolled + " CREATE Deployment " + name},
	}
}

func create(ctx context.Context, t *testing.T, c kubernetes.Interface, namespace, name string, annotations map[string]string) {
	t.Helper()
	_, err := c.AppsV1().Deployments(namespace).Create(ctx, deployment(name, annotations), metav1.CreateOptions{})
	must(t, err)
}

func deployment(name string, annotations map[string]string) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: podSpec("")},
		},
	}
}

func createJob(ctx context.Context, t *testing.T, c kubernetes.Interface, name string, meta metav1.ObjectMeta) {
	t.Helper()
	meta.Name = name
	_, err := c.BatchV1().Jobs(enrolled).Create(ctx, &batchv1.Job{
		ObjectMeta: meta,
		Spec:       batchv1.JobSpec{Template: corev1.PodTemplateSpec{Spec: podSpec(corev1.RestartPolicyNever)}},
	}, metav1.CreateOptions{})
	must(t, err)
}

func podSpec(restart corev1.RestartPolicy) corev1.PodSpec {
	return corev1.PodSpec{RestartPolicy: restart, Containers: []corev1.Container{{Name: "main", Image: "example.com/app"}}}
}

func patch(ctx context.Context, t *testing.T, c kubernetes.Interface, namespace, name, body string, subresource ...string) {
	t.Helper()
	_, err := c.AppsV1().Deployments(namespace).Patch(ctx, name, types.MergePatchType, []byte(body), metav1.PatchOptions{}, subresource...)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
