package externalscaler

import (
	"context"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// loudest reads the metrics and gives the one that is furthest above its target: of several metrics of one scaler the
// HorizontalPodAutoscaler follows the one that asks for most.
func (l *line) loudest(ctx context.Context, ref *protocol.ScaledObjectRef, specs []*protocol.MetricSpec) (sources.Reading, error) {
	if len(specs) == 0 {
		return sources.Reading{}, errors.New(l.access.name + " names no metric")
	}
	var loudest sources.Reading
	for _, spec := range specs {
		reading, err := l.metric(ctx, ref, spec)
		if err != nil {
			return sources.Reading{}, err
		}
		if loudest.Target == 0 || ratio(&reading) > ratio(&loudest) {
			loudest = reading
		}
	}
	return loudest, nil
}

func ratio(r *sources.Reading) float64 { return float64(r.Value) / float64(r.Target) }

// metric reads one metric. Several values of it are added up, as of several series of one metric. No value is no answer.
func (l *line) metric(ctx context.Context, ref *protocol.ScaledObjectRef, spec *protocol.MetricSpec) (sources.Reading, error) {
	target, err := sources.MilliOf(either(spec.GetTargetSizeFloat(), spec.GetTargetSize()))
	if err != nil || target == 0 {
		return sources.Reading{}, fmt.Errorf("%s: metric %s has a target that is not above 0", l.access.name, spec.GetMetricName())
	}
	answer, err := l.client.GetMetrics(ctx, &protocol.GetMetricsRequest{ScaledObjectRef: ref, MetricName: spec.GetMetricName()})
	if err != nil {
		return sources.Reading{}, l.failed("GetMetrics", err)
	}
	if len(answer.GetMetricValues()) == 0 {
		return sources.Reading{}, fmt.Errorf("%s: metric %s has no value", l.access.name, spec.GetMetricName())
	}
	reading := sources.Reading{Target: target}
	for _, value := range answer.GetMetricValues() {
		milli, err := sources.MilliOf(either(value.GetMetricValueFloat(), value.GetMetricValue()))
		if err != nil {
			return sources.Reading{}, fmt.Errorf("%s: metric %s: %w", l.access.name, spec.GetMetricName(), err)
		}
		reading.Value = sources.Sum(reading.Value, milli)
	}
	return reading, nil
}

// either gives the number: older servers know whole numbers only.
func either(float float64, whole int64) float64 {
	if float != 0 {
		return float
	}
	return float64(whole)
}

func tristate(active bool) scaling.Tristate {
	if active {
		return scaling.True
	}
	return scaling.False
}
