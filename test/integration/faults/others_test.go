package faults

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	eventsv1 "k8s.io/api/events/v1"
)

// hpaBeside: the HorizontalPodAutoscaler has the workload until it goes.
func hpaBeside(t *testing.T, e *env) {
	ns := e.namespace(t, "hpa-beside")
	e.consumer(t, ns, 20)
	hpa := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "old"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}, MaxReplicas: 3,
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU, Target: utilization(80),
			}}},
		},
	}
	must(t, e.client.Create(t.Context(), hpa))
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "web"}, "Ready", "ConflictingScaler")
	if c.Status != metav1.ConditionFalse || !strings.Contains(c.Message, `HorizontalPodAutoscaler "old"`) {
		t.Errorf("Ready: %+v", c)
	}
	e.awaitReplicas(t, 40*time.Second, ns, "web", 3) // its own bound
	h := e.watch(t, ns, "web")
	e.redis.Fill(t, ns, 50)
	time.Sleep(4 * time.Second) // four readings, were there any
	if got := h.seen(); len(got) > 1 {
		t.Errorf("counts %v beside an HPA", got)
	}
	must(t, e.client.Delete(t.Context(), hpa))
	e.awaitReplicas(t, 20*time.Second, ns, "web", 10)
	e.awaitCondition(t, 20*time.Second, [2]string{ns, "web"}, "Ready", "Accepted")
}

func utilization(percent int32) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
}

const scaledObjects = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: scaledobjects.keda.sh}
spec:
  group: keda.sh
  scope: Namespaced
  names: {plural: scaledobjects, singular: scaledobject, kind: ScaledObject, listKind: ScaledObjectList}
  versions:
  - name: v1alpha1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

// scaledObjectBeside: KEDA is installed after Plimsoll, and removed again.
func scaledObjectBeside(t *testing.T, e *env) {
	ns := e.namespace(t, "keda-beside")
	e.consumer(t, ns, 20)
	kubectl := func(input string, args ...string) {
		t.Helper()
		_, err := e.cluster.KubectlIn(t.Context(), input, args...)
		must(t, err)
	}
	kubectl(scaledObjects, "apply", "-f", "-")
	kubectl("", "wait", "--for=condition=Established", "crd/scaledobjects.keda.sh", "--timeout=30s")
	object := "{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: keda, namespace: " + ns + "}, spec: {scaleTargetRef: {name: web}}}"
	await(t, 30*time.Second, "a ScaledObject", func() (bool, string) {
		_, err := e.cluster.KubectlIn(t.Context(), object, "apply", "-f", "-")
		if err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	c := e.awaitCondition(t, 20*time.Second, [2]string{ns, "web"}, "Ready", "ConflictingScaler")
	if !strings.Contains(c.Message, `ScaledObject "keda"`) {
		t.Errorf("Ready: %+v", c)
	}
	kubectl("", "delete", "crd", "scaledobjects.keda.sh")
	e.awaitCondition(t, 20*time.Second, [2]string{ns, "web"}, "Ready", "Accepted")
	e.redis.Fill(t, ns, 50)
	e.awaitReplicas(t, 20*time.Second, ns, "web", 10)
}

// flippingWriter: somebody sets the count back as soon as it changes.
func flippingWriter(t *testing.T, e *env) {
	ns := e.namespace(t, "flips")
	e.consumer(t, ns, 30)
	w, err := e.client.Watch(t.Context(), &appsv1.DeploymentList{}, client.InNamespace(ns))
	must(t, err)
	t.Cleanup(w.Stop)
	go func() {
		for event := range w.ResultChan() {
			if d, ok := event.Object.(*appsv1.Deployment); ok && *d.Spec.Replicas != 2 {
				patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"replicas":2}}`))
				_ = e.client.Patch(t.Context(), d, patch, client.FieldOwner("argocd-controller"))
			}
		}
	}()
	c := e.awaitCondition(t, 30*time.Second, [2]string{ns, "web"}, "AbleToScale", "ConflictingWriter")
	if c.Status != metav1.ConditionFalse || !strings.Contains(c.Message, `"argocd-controller"`) || !strings.Contains(c.Message, "ignoreDifferences") {
		t.Errorf("AbleToScale: %+v", c)
	}
	h := e.watch(t, ns, "web")
	time.Sleep(5 * time.Second) // five readings, each of which asks for 6
	if got := h.seen(); len(got) > 2 || len(got) > 0 && got[len(got)-1] != 2 {
		t.Errorf("counts %v during the back-off", got)
	}
}

// manualScale is taken as the current count, and told of.
func manualScale(t *testing.T, e *env) {
	ns := e.namespace(t, "manual")
	e.consumer(t, ns, 20, "behavior", quick)
	_, err := e.cluster.Kubectl(t.Context(), "scale", "deployment/web", "-n", ns, "--replicas=9")
	must(t, err)
	await(t, 20*time.Second, "an event that names kubectl", func() (bool, string) {
		list := &eventsv1.EventList{}
		must(t, e.client.List(t.Context(), list, client.InNamespace(ns)))
		var notes []string
		for i := range list.Items {
			o := &list.Items[i]
			notes = append(notes, o.Reason+": "+o.Note)
			if o.Reason == "ScaledByOthers" && strings.Contains(o.Note, `"kubectl" scaled Deployment/web from 4 to 9`) {
				return true, ""
			}
		}
		return false, strings.Join(notes, "\n")
	})
	e.awaitReplicas(t, 30*time.Second, ns, "web", 4)
}
