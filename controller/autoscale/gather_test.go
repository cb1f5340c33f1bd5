package autoscale

import (
	"context"
	"errors"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// crowd is Pods: those of the target, and whether they are known yet.
type crowd struct {
	pods []*corev1.Pod
	err  error
}

func (c *crowd) Of(context.Context, targets.Target) ([]*corev1.Pod, error) { return c.pods, c.err }

func pod(name, request string) *corev1.Pod {
	started := metav1.NewTime(time.Now().Add(-time.Hour))
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{"cpu": resource.MustParse(request)},
		}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &started, Conditions: []corev1.PodCondition{{
			Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: started,
		}}},
	}
}

// usage is a source that gives the CPU of all pods of the namespace.
type usage struct{ pods []scaling.PodSample }

func (u usage) Query(sources.Request) (sources.Query, error) { return u, nil }
func (usage) Server() string                                 { return "metrics" }
func (u usage) Open() sources.Reader                         { return u }
func (usage) Close() error                                   { return nil }
func (u usage) Read(context.Context, []sources.Query) ([]sources.Reading, error) {
	return []sources.Reading{{Pods: u.pods}}, nil
}

type one struct{ row sources.Row }

func (o one) For(*scaling.Signal) (*sources.Row, error) { return &o.row, nil }

func onCPU(name string) *v1alpha1.Scaler {
	percent := int32(50)
	return scaler(name, func(s *v1alpha1.Scaler) {
		s.Spec.Triggers, s.Spec.MinReplicas = nil, nil
		s.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
			Name: "cpu", Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent},
		}}}
	})
}

func cpuWorld(t *testing.T) (*world, *crowd) {
	w := newWorld(t)
	now := time.Now()
	use := usage{[]scaling.PodSample{
		{Name: "a-1", Value: 100, Time: now}, {Name: "a-2", Value: 100, Time: now.Add(-time.Second)}, {Name: "other", Value: 9000, Time: now},
	}}
	c := &crowd{pods: []*corev1.Pod{pod("a-1", "100m"), pod("a-2", "100m")}}
	w.loop.Sources, w.loop.Pods = one{sources.Row{Name: "resource", Source: use, Interval: time.Second, Floor: time.Millisecond}}, c
	w.deployment("a", 2)
	return w, c
}

func TestCPUOfTheTargetsOwnPods(t *testing.T) {
	w, _ := cpuWorld(t)
	w.loop.Put(onCPU("a"))
	w.start()
	w.await("four replicas", func() bool { got := w.written("a"); return len(got) == 1 && got[0] == 4 })
	w.await("the status", func() bool { s := w.reported("a"); return len(s) > 0 && len(last(s).Metrics) == 1 })
	if m := last(w.reported("a")).Metrics[0]; m.Value.Value() != 100 || m.Target != "50%" {
		t.Errorf("metric: %+v", m)
	}
}

func TestPodsThatAreNotKnownYetAreWaitedFor(t *testing.T) {
	w, c := cpuWorld(t)
	w.loop.Pods = &starting{crowd: c, until: time.Now().Add(100 * time.Millisecond)}
	w.loop.Put(onCPU("a"))
	w.start()
	w.await("four replicas", func() bool { got := w.written("a"); return len(got) == 1 && got[0] == 4 })
	for _, s := range w.reported("a") {
		if s.Reason == "FailedGetResourceMetric" {
			t.Error("that pods were not known yet was reported as a failure")
		}
	}
}

// starting is Pods whose informers take their time.
type starting struct {
	*crowd
	until time.Time
}

func (s *starting) Of(ctx context.Context, t targets.Target) ([]*corev1.Pod, error) {
	if time.Now().Before(s.until) {
		return nil, failure.Waiting(errors.New("pods are not known yet"), 10*time.Millisecond)
	}
	return s.crowd.Of(ctx, t)
}

func TestPodsThatCannotBeListedHold(t *testing.T) {
	w, c := cpuWorld(t)
	c.err = errors.New("pods may not be listed")
	w.loop.Put(onCPU("a"))
	w.start()
	w.await("the condition says why", func() bool {
		c := condition(w.reported("a"), v1alpha1.ConditionScalingActive)
		return c.Reason == "FailedGetResourceMetric" && c.Status == metav1.ConditionFalse
	})
	if got := w.written("a"); len(got) != 0 {
		t.Errorf("wrote %v", got)
	}
}
