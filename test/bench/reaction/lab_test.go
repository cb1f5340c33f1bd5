package reaction

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// Those who scale: each namespace has a Deployment for each of them, of that name.
const (
	hpa      = "hpa"
	plimsoll = "plimsoll"
)

// followers are those who can follow a wish.
func (w wish) followers() []string {
	if w.metric == nil {
		return []string{plimsoll}
	}
	return []string{hpa, plimsoll}
}

// lab is one cluster with the manager beside it.
type lab struct {
	cluster *cluster.Cluster
	client  client.WithWatch
	log     *cluster.Log
}

func startLab(b *testing.B) *lab {
	b.Helper()
	ctx := b.Context()
	log.SetLogger(logr.Discard())
	c, err := cluster.Up(ctx, cluster.Options{Dir: b.TempDir()})
	must(b, err)
	b.Cleanup(func() { must(b, c.Down(context.Background())) })
	l := &lab{cluster: c, log: cluster.NewLog(b)}
	l.client, err = c.Client()
	must(b, err)
	port, err := cluster.FreePort()
	must(b, err)
	must(b, c.Install(ctx, port))
	m, err := c.StartManager(context.WithoutCancel(ctx), cluster.ManagerOptions{WebhookPort: port, Log: l.log})
	must(b, err)
	b.Cleanup(func() { _ = m.Stop() })
	return l
}

// furnish makes a namespace with the workloads of one repeat, and whatever scales them.
func (l *lab) furnish(b *testing.B, namespace string, s scenario, w wish) {
	b.Helper()
	objects := []client.Object{annotated(namespace, s, w)}
	if w.metric != nil {
		objects = append(objects, deployment(namespace, hpa, s.from), autoscaler(namespace, s, w))
	}
	for _, o := range objects {
		must(b, l.client.Create(b.Context(), o))
	}
}

// annotated is the Deployment that Plimsoll scales.
func annotated(namespace string, s scenario, w wish) *appsv1.Deployment {
	d := deployment(namespace, plimsoll, s.from)
	d.Annotations = map[string]string{
		"plimsoll.dev/min-replicas": fmt.Sprint(s.from), "plimsoll.dev/max-replicas": fmt.Sprint(most),
	}
	if w.metric == nil {
		d.Annotations["plimsoll.dev/triggers"] = w.triggers
		return d
	}
	text, err := yaml.Marshal([]*autoscalingv2.MetricSpec{w.metric})
	if err != nil {
		panic(err) // a struct of the API
	}
	d.Annotations["plimsoll.dev/metrics"] = string(text)
	return d
}

// autoscaler scales the Deployment of the same name.
func autoscaler(namespace string, s scenario, w wish) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: hpa},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: hpa},
			MinReplicas:    &s.from, MaxReplicas: most, Metrics: []autoscalingv2.MetricSpec{*w.metric},
		},
	}
}

func deployment(namespace, name string, replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": name}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: map[string]string{usage: idleUse}},
				Spec: corev1.PodSpec{Containers: []corev1.Container{{
					Name: "app", Image: "app:latest",
					Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
						corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi"),
					}},
				}}},
			},
		},
	}
}

// settle waits until everybody has read the quiet load.
func (l *lab) settle(b *testing.B, all int, w wish) {
	b.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		scalers, autoscalers := l.awake(b)
		if scalers == all && (w.metric == nil || autoscalers == all) {
			return
		}
		if time.Now().After(end) {
			b.Fatalf("after %s %d Scalers and %d HorizontalPodAutoscalers of %d have an answer", patience, scalers, autoscalers, all)
		}
	}
}

// awake counts those that know what their load is.
func (l *lab) awake(b *testing.B) (scalers, autoscalers int) {
	b.Helper()
	ours, theirs := &v1alpha1.ScalerList{}, &autoscalingv2.HorizontalPodAutoscalerList{}
	must(b, errors.Join(l.client.List(b.Context(), ours), l.client.List(b.Context(), theirs)))
	for i := range ours.Items {
		c := meta.FindStatusCondition(ours.Items[i].Status.Conditions, v1alpha1.ConditionScalingActive)
		if c != nil && (c.Status == metav1.ConditionTrue || c.Reason == string(reason.Idle)) {
			scalers++
		}
	}
	for i := range theirs.Items {
		if slices.ContainsFunc(theirs.Items[i].Status.Conditions, active) {
			autoscalers++
		}
	}
	return scalers, autoscalers
}

func active(c autoscalingv2.HorizontalPodAutoscalerCondition) bool {
	return c.Type == autoscalingv2.ScalingActive && c.Status == corev1.ConditionTrue
}
