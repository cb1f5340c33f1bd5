// Package metrics counts what the controllers do. Label values come from closed sets, never from an object's name, and exist
// with 0 from the start, so that a rate over them has no gap where the first event is.
package metrics

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plimsoll-dev/plimsoll/controller/actuate"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Metrics are the controllers' metrics.
type Metrics struct {
	decisions   *prometheus.CounterVec
	lag         prometheus.Histogram
	writes      *prometheus.CounterVec
	reports     *prometheus.CounterVec
	lateness    prometheus.Histogram
	readSeconds *prometheus.HistogramVec
	readBatch   *prometheus.HistogramVec
	readErrors  *prometheus.CounterVec
}

// Results of a write.
const (
	resultOK       = "ok"
	resultConflict = "conflict"
	resultGone     = "gone"
	resultError    = "error"
)

// New makes the metrics for a set of sources and registers them.
func New(r prometheus.Registerer, sources []string) (*Metrics, error) {
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_scaler_decisions_total", Help: "Decisions, by what they came to and the most telling reason.",
		}, []string{"verb", "reason"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plimsoll_scaler_decision_lag_seconds", Help: "Time from a sample's arrival to the answer of the scale write it led to.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 2.5, 5},
		}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_scaler_scale_writes_total", Help: "Writes of scale subresources, by result.",
		}, []string{"result"}),
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_scaler_status_writes_total", Help: "Writes of Scaler statuses, by result.",
		}, []string{"result"}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plimsoll_scaler_loop_lateness_seconds", Help: "How long after its time a Scaler had its turn.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}),
		readSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plimsoll_scaler_source_read_duration_seconds", Help: "Duration of a read of a server, for all who asked.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 2.5, 5},
		}, []string{"source"}),
		readBatch: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plimsoll_scaler_source_batch_queries", Help: "Questions answered by one read of a server.",
			Buckets: []float64{1, 2, 5, 10, 50, 100, 500, 1000, 5000},
		}, []string{"source"}),
		readErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_scaler_source_errors_total", Help: "Questions without an answer.",
		}, []string{"source"}),
	}
	m.zero(sources)
	for _, c := range []prometheus.Collector{m.decisions, m.lag, m.writes, m.reports, m.lateness, m.readSeconds, m.readBatch, m.readErrors} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

// zero makes the known label values exist. (Verbs and reasons are not paired with each other: few of the pairs exist.)
func (m *Metrics) zero(sources []string) {
	for _, result := range []string{resultOK, resultConflict, resultGone, resultError} {
		m.writes.WithLabelValues(result)
		m.reports.WithLabelValues(result)
	}
	for _, s := range sources {
		m.readSeconds.WithLabelValues(s)
		m.readBatch.WithLabelValues(s)
		m.readErrors.WithLabelValues(s)
	}
	for _, pair := range usualDecisions() {
		m.decisions.WithLabelValues(pair.verb.String(), pair.reason.String())
	}
}

// Decided counts a decision.
func (m *Metrics) Decided(d *scaling.Decision) {
	m.decisions.WithLabelValues(d.Verb.String(), d.Reason.String()).Inc()
}

// Wrote counts a write of a scale.
func (m *Metrics) Wrote(lag time.Duration, err error) {
	m.writes.WithLabelValues(resultOf(err)).Inc()
	if err == nil {
		m.lag.Observe(lag.Seconds())
	}
}

// Reported counts a write of a status.
func (m *Metrics) Reported(err error) { m.reports.WithLabelValues(resultOf(err)).Inc() }

// Late takes how long after its time a Scaler had its turn.
func (m *Metrics) Late(d time.Duration) { m.lateness.Observe(d.Seconds()) }

// Read takes one read of a server.
func (m *Metrics) Read(source string, took time.Duration, questions int, _ error) {
	m.readSeconds.WithLabelValues(source).Observe(took.Seconds())
	m.readBatch.WithLabelValues(source).Observe(float64(questions))
}

// Failed counts a question without an answer.
func (m *Metrics) Failed(source string) { m.readErrors.WithLabelValues(source).Inc() }

func resultOf(err error) string {
	switch {
	case err == nil:
		return resultOK
	case actuate.IsConflict(err):
		return resultConflict
	case actuate.IsGone(err):
		return resultGone
	default:
		return resultError
	}
}
