package scrape

import (
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// What the engine makes of fifty pods out of a hundred and twenty: as much as of all of them, in both directions.
func TestDecidingOnASample(t *testing.T) {
	const n = 120 // with depths from 0 to 119, of which the first fifty have 24 on average
	w := newWorld()
	w.depths(t, n)
	readings, err := read(t, w.source(), request("queue_depth", nil))
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int32{"12": 245, "24": n, "48": 62} {
		average := resource.MustParse(target)
		m := request("queue_depth", nil).Signal.Metric
		m.Pods.Target = autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &average}
		spec, errs := scaling.SpecFrom(&v1alpha1.ScalerSpec{
			MaxReplicas: 1000, Metrics: []autoscalingv2.MetricSpec{*m}, Scrape: &v1alpha1.Scrape{Port: 8080},
		})
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		in := scaling.Input{
			Spec: &spec, Now: time.Now(), Samples: []scaling.Sample{{Time: time.Now(), Pods: readings[0].Pods}}, Target: scaling.Target{Replicas: n},
		}
		for _, p := range w.pods {
			in.Target.Pods = append(in.Target.Pods, scaling.Pod{Name: p.Name, Phase: scaling.PodRunning, Ready: scaling.True})
		}
		d, _ := scaling.Decide(in)
		if p := d.Proposals[0]; !p.Answered || p.Replicas != want {
			t.Errorf("target %s: %+v, want %d pods", target, p, want)
		}
	}
}
