package scaling_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // as in the manager

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// What tests are built from.

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC) // a Thursday

func compile(t testing.TB, in v1alpha1.ScalerSpec) *scaling.Spec {
	t.Helper()
	spec, errs := scaling.SpecFrom(&in)
	if len(errs) > 0 {
		t.Fatalf("SpecFrom: %v", errs.ToAggregate())
	}
	return &spec
}

func averageValue(q string) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: new(resource.MustParse(q))}
}

func totalValue(q string) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: new(resource.MustParse(q))}
}

func utilization(percent int32) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent}
}

func external(name string, target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ExternalMetricSourceType, External: &autoscalingv2.ExternalMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: name}, Target: target,
	}}
}

func object(name string, target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.ObjectMetricSourceType, Object: &autoscalingv2.ObjectMetricSource{
		DescribedObject: autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "web", APIVersion: "v1"},
		Metric:          autoscalingv2.MetricIdentifier{Name: name}, Target: target,
	}}
}

func podsMetric(name, q string) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
		Metric: autoscalingv2.MetricIdentifier{Name: name}, Target: averageValue(q),
	}}
}

func resourceMetric(name corev1.ResourceName, target autoscalingv2.MetricTarget) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{
		Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: target},
	}
}

func cpu(percent int32) autoscalingv2.MetricSpec {
	return resourceMetric(corev1.ResourceCPU, utilization(percent))
}

// queue is a Redis trigger with so many items per pod.
func queue(perPod string) v1alpha1.Trigger {
	return v1alpha1.Trigger{Type: "redis", Metadata: map[string]string{
		"address": "redis:6379", "listName": "job-queue", "listLength": perPod,
	}}
}

// number is a reading of one whole number, at noon.
func number(n int64) scaling.Sample { return scaling.Sample{Time: noon, Value: n * 1000} }

func failing(n int32) scaling.Sample {
	return scaling.Sample{Time: noon, Err: fmt.Errorf("connection refused"), Failures: n}
}

// pod runs, is ready since long, and requests so many milli-units for every signal.
func pod(name string, request int64) scaling.Pod {
	return scaling.Pod{
		Name: name, Phase: scaling.PodRunning, Ready: scaling.True,
		Started: noon.Add(-time.Hour), ReadySince: noon.Add(-time.Hour).Add(10 * time.Second),
		Requests: []int64{request, request, request},
	}
}

func readyPods(n int) []scaling.Pod {
	var pods []scaling.Pod
	for i := range n {
		pods = append(pods, pod(fmt.Sprintf("pod-%02d", i), 1000))
	}
	return pods
}

// longAgo is the state of a workload that the engine has watched for two hours: nothing is in any window.
func longAgo(spec *scaling.Spec, replicas int32) scaling.State {
	_, state := scaling.Decide(scaling.Input{
		Spec: spec, Target: scaling.Target{Replicas: replicas}, Now: noon.Add(-2 * time.Hour), Created: noon.Add(-24 * time.Hour),
	})
	return state
}

// decide decides at noon about a workload that was watched for long.
func decide(spec *scaling.Spec, target scaling.Target, samples ...scaling.Sample) scaling.Decision {
	d, _ := scaling.Decide(scaling.Input{
		Spec: spec, Target: target, Samples: samples, State: longAgo(spec, target.Replicas), Now: noon, Created: noon.Add(-24 * time.Hour),
	})
	return d
}

func replicas(n int32) scaling.Target { return scaling.Target{Replicas: n, Pods: readyPods(int(n))} }

func quantity(text string) *resource.Quantity { return new(resource.MustParse(text)) }

func duration(text string) *metav1.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		panic(err)
	}
	return &metav1.Duration{Duration: d}
}
