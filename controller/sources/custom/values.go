package custom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// window is the time that a value describes where the API does not say, as the HorizontalPodAutoscaler takes it to be.
const window = time.Minute

// readingOf makes a reading of the values: one for each pod, or exactly one of an object.
func readingOf(q question, values []v1beta2.MetricValue) (sources.Reading, error) {
	if q.name == "" {
		return ofPods(values)
	}
	if len(values) != 1 {
		return sources.Reading{}, fmt.Errorf("there are %d values, and not one", len(values))
	}
	milli, err := sources.Milli(&values[0].Value)
	return sources.Reading{Value: milli, Time: values[0].Timestamp.Time}, err
}

// ofPods leaves out pods with a value that is no answer: the engine counts them as missing.
func ofPods(values []v1beta2.MetricValue) (sources.Reading, error) {
	reading := sources.Reading{Pods: make([]scaling.PodSample, 0, len(values))}
	bad := error(nil)
	for i := range values {
		v := &values[i]
		milli, err := sources.Milli(&v.Value)
		if err != nil {
			bad = err
			continue
		}
		reading.Pods = append(reading.Pods, scaling.PodSample{
			Name: v.DescribedObject.Name, Value: milli, Time: v.Timestamp.Time, Window: windowOf(v),
		})
	}
	if len(reading.Pods) == 0 {
		if bad == nil {
			bad = errors.New("no pod has it")
		}
		return reading, bad
	}
	slices.SortStableFunc(reading.Pods, func(a, b scaling.PodSample) int { return strings.Compare(a.Name, b.Name) })
	reading.Pods = slices.CompactFunc(reading.Pods, func(a, b scaling.PodSample) bool { return a.Name == b.Name })
	return reading, nil
}

func windowOf(v *v1beta2.MetricValue) time.Duration {
	if v.WindowSeconds == nil {
		return window
	}
	return time.Duration(*v.WindowSeconds) * time.Second
}
