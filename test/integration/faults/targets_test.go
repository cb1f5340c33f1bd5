package faults

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// deletedAndBack: the target goes, and another of its name comes.
func deletedAndBack(t *testing.T, e *env) {
	ns := e.namespace(t, "goes")
	e.redis.Fill(t, ns, 20)
	must(t, e.client.Create(t.Context(), e.byHand(ns, v1alpha1.TargetRef{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"})))
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "hand"}, "Ready", "TargetNotFound")
	if c.Status != metav1.ConditionFalse {
		t.Errorf("Ready: %+v", c)
	}
	for range 2 {
		must(t, e.client.Create(t.Context(), deployment(ns, "web", 0, nil)))
		e.awaitReplicas(t, 20*time.Second, ns, "web", 4)
		e.awaitCondition(t, 20*time.Second, [2]string{ns, "hand"}, "Ready", "Accepted")
		must(t, e.client.Delete(t.Context(), deployment(ns, "web", 0, nil)))
		e.awaitCondition(t, 20*time.Second, [2]string{ns, "hand"}, "Ready", "TargetNotFound")
	}
}

// withoutScale: a kind that has no replicas.
func withoutScale(t *testing.T, e *env) {
	ns := e.namespace(t, "no-scale")
	e.redis.Fill(t, ns, 20)
	must(t, e.client.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "web"}}))
	must(t, e.client.Create(t.Context(), e.byHand(ns, v1alpha1.TargetRef{APIVersion: "v1", Kind: "ConfigMap", Name: "web"})))
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "hand"}, "AbleToScale", "FailedGetScale")
	if c.Status != metav1.ConditionFalse || c.Message == "" {
		t.Errorf("AbleToScale: %+v", c)
	}
}

const widgets = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
    subresources: {scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: plimsoll-widgets
  labels: {plimsoll.dev/aggregate-to-manager: "true"}
rules:
- {apiGroups: [example.com], resources: [widgets/scale], verbs: [get, patch]}
- {apiGroups: [example.com], resources: [widgets], verbs: [get, list, watch]}
`

// customKind: any kind with a scale subresource, once its owner grants it.
func customKind(t *testing.T, e *env) {
	ns := e.namespace(t, "custom")
	e.redis.Fill(t, ns, 20)
	_, err := e.cluster.KubectlIn(t.Context(), widgets, "apply", "-f", "-")
	must(t, err)
	w := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"namespace": ns, "name": "web"},
		"spec": map[string]any{"replicas": int64(1)},
	}}
	await(t, 30*time.Second, "a widget", func() (bool, string) {
		if err := e.client.Create(t.Context(), w); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	must(t, e.client.Create(t.Context(), e.byHand(ns, v1alpha1.TargetRef{APIVersion: "example.com/v1", Kind: "Widget", Name: "web"})))
	await(t, 45*time.Second, "4 replicas", func() (bool, string) {
		must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, w))
		n, _, _ := unstructured.NestedInt64(w.Object, "spec", "replicas")
		return n == 4, e.describe(t, ns, "hand")
	})
	_, err = e.cluster.Kubectl(t.Context(), "scale", "widget", "web", "--namespace", ns, "--replicas", "2")
	must(t, err)
	await(t, 10*time.Second, "4 replicas again, sooner than by reading the scale once in a while", func() (bool, string) {
		must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, w))
		n, _, _ := unstructured.NestedInt64(w.Object, "spec", "replicas")
		return n == 4, e.describe(t, ns, "hand")
	})
}

// metricsGone: with nobody to ask about CPU the count stays.
func metricsGone(t *testing.T, e *env) {
	ns := e.namespace(t, "no-metrics")
	_, err := e.cluster.Kubectl(t.Context(), "delete", "apiservice", "v1beta1.metrics.k8s.io")
	must(t, err)
	must(t, e.client.Create(t.Context(), deployment(ns, "web", 3, map[string]string{
		"plimsoll.dev/min-replicas": "1", "plimsoll.dev/max-replicas": "9", "plimsoll.dev/cpu": "60%", "plimsoll.dev/behavior": quick,
		"plimsoll.dev/request-cpu": "100m",
	})))
	c := e.awaitCondition(t, 40*time.Second, [2]string{ns, "web"}, "ScalingActive", "FailedGetResourceMetric")
	if c.Status != metav1.ConditionFalse {
		t.Errorf("ScalingActive: %+v", c)
	}
	for end := time.Now().Add(12 * time.Second); time.Now().Before(end); time.Sleep(250 * time.Millisecond) { // two readings and more
		if n := e.replicas(t, ns, "web"); n != 3 {
			t.Fatalf("%d replicas on no data, want 3", n)
		}
	}
	e.awaitCondition(t, time.Second, [2]string{ns, "web"}, "ScalingActive", "FailedGetResourceMetric") // still
}
