// Package auth tests, on a real API server and with a Redis that wants a password, each way in which a trigger comes by its
// credentials, that a rotation is taken up at once, what is said where something is missing or not granted, and that no value
// is told anywhere.
package auth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kedav1alpha1 "github.com/plimsoll-dev/plimsoll/policies/api/keda/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

// mark is in every password, so that one that is told anywhere is found.
const mark = "recognisable-b7f3"

const password = mark + "-first"

type env struct {
	cluster *cluster.Cluster
	client  client.Client
	manager *cluster.Manager
	log     *cluster.Log
	redis   *redistest.Server
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	c, err := cluster.Up(t.Context(), cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	e := &env{cluster: c, log: cluster.NewLog(t), redis: redistest.Start(t, password)}
	e.client, err = c.Client(kedav1alpha1.AddToScheme)
	must(t, err)
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(t.Context(), port))
	e.manager, err = c.StartManager(context.WithoutCancel(t.Context()), cluster.ManagerOptions{
		WebhookPort: port, Log: e.log, Args: []string{"--log-format=text", "--log-level=trace"},
	})
	must(t, err)
	t.Cleanup(func() { _ = e.manager.Stop() })
	return e
}

// await polls for a condition and says what was there instead.
func await(t *testing.T, what string, ok func() (bool, string)) {
	t.Helper()
	var state string
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var done bool
		if done, state = ok(); done {
			return
		}
	}
	t.Fatalf("did not come: %s; there is: %s", what, state)
}

func (e *env) create(t *testing.T, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		must(t, e.client.Create(t.Context(), o))
	}
}

func (e *env) namespace(t *testing.T, name string) string {
	t.Helper()
	e.create(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	return name
}

func secret(namespace, name, value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: map[string]string{"password": value}}
}

// consumer is a workload on a list that is named after its namespace.
func (e *env) consumer(namespace, more string, containers ...corev1.Container) *appsv1.Deployment {
	labels := map[string]string{"app": "consumer"}
	if len(containers) == 0 {
		containers = []corev1.Container{{Name: "app", Image: "app:latest"}}
	}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "consumer", Annotations: map[string]string{
			"plimsoll.dev/min-replicas": "1", "plimsoll.dev/max-replicas": "40", "plimsoll.dev/polling-interval": "1s",
			"plimsoll.dev/triggers": fmt.Sprintf("- type: redis\n  metadata:\n    address: %q\n    listName: %s\n%s", e.redis.Address, namespace, more),
		}},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: containers}},
		},
	}
}

func (e *env) awaitReplicas(t *testing.T, namespace string, want int32) {
	t.Helper()
	await(t, fmt.Sprintf("%d replicas in %s", want, namespace), func() (bool, string) {
		d := &appsv1.Deployment{}
		must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "consumer"}, d))
		return *d.Spec.Replicas == want, fmt.Sprintf("%d replicas; %s", *d.Spec.Replicas, e.says(t, namespace))
	})
}

// says gives what the Scaler says of its triggers.
func (e *env) says(t *testing.T, namespace string) string {
	t.Helper()
	s := &v1alpha1.Scaler{}
	if err := e.client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "consumer"}, s); err != nil {
		return err.Error()
	}
	if c := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionScalingActive); c != nil {
		return c.Reason + ": " + c.Message
	}
	return "nothing"
}

func (e *env) awaitSaid(t *testing.T, namespace, what string) {
	t.Helper()
	await(t, what, func() (bool, string) {
		said := e.says(t, namespace)
		return strings.Contains(said, what), said
	})
}

const (
	bySecret         = "  authenticationRef: {name: auth, kind: Secret}\n"
	byAuthentication = "  authenticationRef: {name: auth}\n"
	byCluster        = "  authenticationRef: {name: auth, kind: ClusterTriggerAuthentication}\n"
	byEnv            = "    passwordFromEnv: REDIS_PASSWORD\n"
)

func fromSecret() kedav1alpha1.TriggerAuthenticationSpec {
	return kedav1alpha1.TriggerAuthenticationSpec{
		SecretTargetRef: []kedav1alpha1.AuthTargetRef{{Parameter: "password", Name: "redis", Key: "password"}},
	}
}

func TestAuthentication(t *testing.T) {
	e := start(t)
	e.redis.Fill(t, "no-kind", 15)
	ns := e.namespace(t, "no-kind")
	e.create(t, e.consumer(ns, byAuthentication))
	e.awaitSaid(t, ns, "does not serve the kind TriggerAuthentication of keda.sh/v1alpha1: its definition is not installed")
	root, err := cluster.Root()
	must(t, err)
	_, err = e.cluster.Kubectl(t.Context(), "apply", "-k", filepath.Join(root, "manifests", "keda"))
	must(t, err)
	_, err = e.cluster.Kubectl(t.Context(), "wait", "--for=condition=Established", "crd/triggerauthentications.keda.sh", "crd/clustertriggerauthentications.keda.sh")
	must(t, err)

	t.Run("ways", func(t *testing.T) {
		for name, test := range ways() {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				ns := e.namespace(t, name)
				e.redis.Fill(t, ns, 15)
				test(t, e, ns)
			})
		}
	})
	t.Run("rotation", func(t *testing.T) { rotation(t, e) })
	t.Run("not granted", func(t *testing.T) { notGranted(t, e) })
	t.Run("no value is told", func(t *testing.T) { nothingTold(t, e) })
}

func ways() map[string]func(*testing.T, *env, string) {
	return map[string]func(*testing.T, *env, string){
		"secret": func(t *testing.T, e *env, ns string) {
			e.create(t, secret(ns, "auth", password), e.consumer(ns, bySecret))
			e.awaitReplicas(t, ns, 3)
		},
		"authentication": func(t *testing.T, e *env, ns string) {
			e.create(t, secret(ns, "redis", password), e.consumer(ns, byAuthentication), &kedav1alpha1.TriggerAuthentication{
				ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "auth"}, Spec: fromSecret(),
			})
			e.awaitReplicas(t, ns, 3)
		},
		"cluster": func(t *testing.T, e *env, ns string) {
			e.create(t, secret("plimsoll-system", "redis", password), e.consumer(ns, byCluster), &kedav1alpha1.ClusterTriggerAuthentication{
				ObjectMeta: metav1.ObjectMeta{Name: "auth"}, Spec: fromSecret(),
			})
			e.awaitReplicas(t, ns, 3)
		},
		"env": func(t *testing.T, e *env, ns string) {
			e.create(t, secret(ns, "redis", password), e.consumer(ns, byEnv, corev1.Container{
				Name: "app", Image: "app:latest", Env: []corev1.EnvVar{{Name: "REDIS_PASSWORD", ValueFrom: &corev1.EnvVarSource{
					SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "redis"}, Key: "password"},
				}}},
			}))
			e.awaitReplicas(t, ns, 3)
		},
		"env-from": func(t *testing.T, e *env, ns string) {
			s := secret(ns, "redis", password)
			s.StringData = map[string]string{"PASSWORD": password}
			e.create(t, s, e.consumer(ns, byEnv, corev1.Container{
				Name: "app", Image: "app:latest", EnvFrom: []corev1.EnvFromSource{{
					Prefix: "REDIS_", SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "redis"}},
				}},
			}))
			e.awaitReplicas(t, ns, 3)
		},
		"env-changed": envChanged,
		"missing":     missing,
	}
}

// envChanged: what the pod template says now counts.
func envChanged(t *testing.T, e *env, ns string) {
	d := e.consumer(ns, byEnv)
	e.create(t, d)
	e.awaitSaid(t, ns, `passwordFromEnv: container "app" of Deployment/consumer has no variable "REDIS_PASSWORD"`)
	patch := client.MergeFrom(d.DeepCopy())
	d.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "REDIS_PASSWORD", Value: password}}
	must(t, e.client.Patch(t.Context(), d, patch))
	e.awaitReplicas(t, ns, 3)
}

// missing: first the Secret, then the key.
func missing(t *testing.T, e *env, ns string) {
	e.create(t, e.consumer(ns, byAuthentication), &kedav1alpha1.TriggerAuthentication{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "auth"}, Spec: fromSecret(),
	})
	e.awaitSaid(t, ns, `TriggerAuthentication "auth": secretTargetRef: parameter password: secret "redis" does not exist`)
	s := secret(ns, "redis", "")
	s.StringData = map[string]string{"passwort": password}
	e.create(t, s)
	e.awaitSaid(t, ns, `secret "redis" has no key "password"; did you mean "passwort"?`)
	s.StringData = map[string]string{"password": password}
	must(t, e.client.Update(t.Context(), s))
	began := time.Now()
	e.awaitReplicas(t, ns, 3)
	t.Logf("a key that appeared led to replicas after %s", time.Since(began).Round(time.Millisecond))
}

// rotation: the password changes in Redis and in the Secret.
func rotation(t *testing.T, e *env) {
	own := redistest.Start(t, password)
	e = &env{cluster: e.cluster, client: e.client, redis: own}
	ns := e.namespace(t, "rotation")
	s := secret(ns, "auth", password)
	own.Fill(t, ns, 15)
	e.create(t, s, e.consumer(ns, bySecret))
	e.awaitReplicas(t, ns, 3)
	for i := range 3 {
		fresh := fmt.Sprintf("%s-rotated-%d", mark, i)
		own.Rotate(t, fresh)
		own.Fill(t, ns, 20+5*i)
		s.StringData = map[string]string{"password": fresh}
		must(t, e.client.Update(t.Context(), s))
		began := time.Now()
		e.awaitReplicas(t, ns, int32(4+i))
		took := time.Since(began)
		t.Logf("rotation %d led to replicas after %s", i, took.Round(time.Millisecond))
		if took > 5*time.Second {
			t.Errorf("a rotation took %s to be taken up", took)
		}
	}
}

// notGranted: with the component named-namespaces there is no binding for all.
func notGranted(t *testing.T, e *env) {
	_, err := e.cluster.Kubectl(t.Context(), "delete", "clusterrolebinding", "plimsoll-credentials")
	must(t, err)
	ns := e.namespace(t, "denied")
	e.redis.Fill(t, ns, 15)
	e.create(t, secret(ns, "auth", password), e.consumer(ns, bySecret))
	e.awaitSaid(t, ns, `secret "auth" may not be read by Plimsoll: the ClusterRole plimsoll-credentials has to be bound to it in the namespace`)
	_, err = e.cluster.Kubectl(t.Context(), "create", "rolebinding", "plimsoll-credentials", "-n", ns, "--clusterrole=plimsoll-credentials",
		"--serviceaccount=plimsoll-system:plimsoll")
	must(t, err)
	e.awaitReplicas(t, ns, 3)
}

// nothingTold looks for passwords in all that the manager has written: its log at the highest level, its metrics, and every
// Scaler and event.
func nothingTold(t *testing.T, e *env) {
	response, err := http.Get(e.manager.MetricsURL())
	must(t, err)
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	must(t, err)
	written := map[string]string{"the log": e.log.String(), "the metrics": string(metrics)}
	for _, kind := range []string{"scalers", "events.events.k8s.io", "events"} {
		out, err := e.cluster.Kubectl(t.Context(), "get", kind, "-A", "-o", "yaml")
		must(t, err)
		written[kind] = out
	}
	for where, text := range written {
		if len(text) < 100 {
			t.Errorf("%s: there is nothing to look at: %q", where, text)
		}
		if i := strings.Index(text, mark); i >= 0 {
			t.Errorf("%s tell a password: …%s…", where, text[max(0, i-200):min(len(text), i+50)])
		}
	}
}
