package resource

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

type lister struct {
	list  *metricsv1beta1.PodMetricsList
	err   error
	calls int
}

func (l *lister) List(context.Context, string) (*metricsv1beta1.PodMetricsList, error) {
	l.calls++
	return l.list, l.err
}

func podMetrics(name string, containers ...metricsv1beta1.ContainerMetrics) metricsv1beta1.PodMetrics {
	return metricsv1beta1.PodMetrics{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Timestamp: metav1.Unix(100, 0), Window: metav1.Duration{Duration: 15 * time.Second},
		Containers: containers,
	}
}

func container(name, cpu, memory string) metricsv1beta1.ContainerMetrics {
	c := metricsv1beta1.ContainerMetrics{Name: name, Usage: corev1.ResourceList{}}
	if cpu != "" {
		c.Usage[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if memory != "" {
		c.Usage[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return c
}

func queryOf(t *testing.T, l Lister, name corev1.ResourceName, containerName string) sources.Query {
	t.Helper()
	m := &autoscalingv2.MetricSpec{Resource: &autoscalingv2.ResourceMetricSource{Name: name}}
	if containerName != "" {
		m = &autoscalingv2.MetricSpec{ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: name, Container: containerName}}
	}
	q, err := Source{Lister: l}.Query(sources.Request{Namespace: "ns", Signal: &scaling.Signal{Metric: m}})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestOneListAnswersAll(t *testing.T) {
	l := &lister{list: &metricsv1beta1.PodMetricsList{Items: []metricsv1beta1.PodMetrics{
		podMetrics("b", container("app", "200m", "1Mi"), container("side", "50m", "1Mi")),
		podMetrics("a", container("app", "100m", "2Mi")),
		podMetrics("c", container("app", "1", ""), container("side", "", "1Mi")), // one container without CPU
	}}}
	cpu, app, memory := queryOf(t, l, "cpu", ""), queryOf(t, l, "cpu", "app"), queryOf(t, l, "memory", "")
	readings, err := cpu.Open().Read(context.Background(), []sources.Query{cpu, app, memory, cpu})
	if err != nil {
		t.Fatal(err)
	}
	if l.calls != 1 {
		t.Fatalf("%d lists", l.calls)
	}
	sample := func(name string, value int64) scaling.PodSample {
		return scaling.PodSample{Name: name, Value: value, Time: time.Unix(100, 0), Window: 15 * time.Second}
	}
	for i, want := range [][]scaling.PodSample{
		{sample("a", 100), sample("b", 250)},
		{sample("a", 100), sample("b", 200), sample("c", 1000)},
		{sample("a", 2<<20*1000), sample("b", 2<<20*1000)},
		{sample("a", 100), sample("b", 250)},
	} {
		if readings[i].Err != nil || len(readings[i].Pods) != len(want) {
			t.Fatalf("reading %d: %+v, want %+v", i, readings[i], want)
		}
		for j := range want {
			if readings[i].Pods[j] != want[j] {
				t.Errorf("reading %d, pod %d: %+v, want %+v", i, j, readings[i].Pods[j], want[j])
			}
		}
	}
}

func TestNoMetricsIsNoZero(t *testing.T) {
	l := &lister{list: &metricsv1beta1.PodMetricsList{}}
	q := queryOf(t, l, "cpu", "")
	readings, err := q.Open().Read(context.Background(), []sources.Query{q})
	if err != nil || readings[0].Err == nil {
		t.Fatalf("got %v, %+v", err, readings)
	}
}

func TestOutages(t *testing.T) {
	for want, err := range map[string]error{
		"is metrics-server installed": apierrors.NewNotFound(schema.GroupResource{}, "pods"),
		"lacks list on pods":          apierrors.NewForbidden(schema.GroupResource{}, "pods", errors.New("no")),
		"does not answer: timed out":  context.DeadlineExceeded,
	} {
		l := &lister{err: err}
		q := queryOf(t, l, "cpu", "")
		if _, err := q.Open().Read(context.Background(), []sources.Query{q}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestNumbersThatAreNoAnswer(t *testing.T) {
	l := &lister{list: &metricsv1beta1.PodMetricsList{Items: []metricsv1beta1.PodMetrics{
		podMetrics("a", container("app", "-1", "1e30"), container("side", "1", "1e30")),
		podMetrics("b", container("app", "2", "1")),
	}}}
	cpu, memory := queryOf(t, l, "cpu", ""), queryOf(t, l, "memory", "")
	readings, err := cpu.Open().Read(context.Background(), []sources.Query{cpu, memory})
	if err != nil {
		t.Fatal(err)
	}
	if p := readings[0].Pods; len(p) != 1 || p[0].Name != "b" {
		t.Errorf("a negative number is no answer of the pod: %+v", p)
	}
	if p := readings[1].Pods; len(p) != 2 || p[0].Value != math.MaxInt64 {
		t.Errorf("a huge number saturates: %+v", p)
	}
}
