package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Gauges registers numbers that are asked for when somebody scrapes.
func Gauges(r prometheus.Registerer, queueLength, servers func() int) error {
	gauges := []prometheus.Collector{
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_scaler_loop_queue_length", Help: "Scalers in the loop of this process: 0 where it does not lead.",
		}, func() float64 { return float64(queueLength()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_scaler_source_servers", Help: "Servers that are read, each with one connection for all who ask it.",
		}, func() float64 { return float64(servers()) }),
	}
	for _, g := range gauges {
		if err := r.Register(g); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}

type decision struct {
	verb   scaling.Verb
	reason reason.Code
}

// usualDecisions are the pairs that every busy cluster sees.
func usualDecisions() []decision {
	var pairs []decision
	for _, r := range []reason.Code{reason.ValidMetricFound, reason.TooFewReplicas, reason.TooManyReplicas, reason.Idle, reason.FromZero} {
		pairs = append(pairs, decision{scaling.Write, r}, decision{scaling.Keep, r})
	}
	for _, r := range []reason.Code{
		reason.FailedGetScale, reason.FailedTrigger, reason.FailedGetResourceMetric, reason.Paused, reason.ScalingDisabled,
	} {
		pairs = append(pairs, decision{scaling.Hold, r})
	}
	return pairs
}
