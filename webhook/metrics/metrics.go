// Package metrics counts what the admission webhook does. All labels come from closed sets, and every combination that can
// occur exists from the start with 0, so that a rate or an alert never starts from "no data".
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Outcome is what came of a request.
type Outcome uint8

// The outcomes.
const (
	// Completed: the object was patched.
	Completed Outcome = iota
	// Unchanged: the object needed nothing.
	Unchanged
	// NotEnrolled: the object is none of Plimsoll's business.
	NotEnrolled
	// Denied: the object was refused.
	Denied
	// Unreviewed: Plimsoll could not answer, so the object was accepted as it is. The problem is counted too.
	Unreviewed
	numOutcomes
)

var outcomeNames = [numOutcomes]string{"Completed", "Unchanged", "NotEnrolled", "Denied", "Unreviewed"}

// String is the label's value.
func (o Outcome) String() string { return outcomeNames[o] }

// Problem is why a request was not answered as it should have been.
type Problem uint8

// The problems. After the first four the object is accepted without review; after the others no answer is given, which
// under failurePolicy Ignore comes to the same.
const (
	// Panic: a defect of Plimsoll's.
	Panic Problem = iota
	// DeadlineExceeded: the time that the API server gives was over.
	DeadlineExceeded
	// NamespaceUnknown: the object's namespace could not be read.
	NamespaceUnknown
	// EncodingFailed: the answer could not be written as JSON.
	EncodingFailed
	// BodyTooLarge: the request was larger than two objects can be.
	BodyTooLarge
	// Malformed: the request was not an AdmissionReview of admission.k8s.io/v1.
	Malformed
	numProblems
)

var problemNames = [numProblems]string{
	"Panic", "DeadlineExceeded", "NamespaceUnknown", "EncodingFailed", "BodyTooLarge", "Malformed",
}

// String is the label's value.
func (p Problem) String() string { return problemNames[p] }

// Review is one request that was answered.
type Review struct {
	Kind      subject.Kind
	Operation admit.Operation
	Outcome   Outcome
	Duration  time.Duration
}

// The label values of operation, by index.
const numOperations = 3

var operationNames = [numOperations]string{string(admit.Create), string(admit.Update), "Other"}

func operationIndex(op admit.Operation) int {
	switch op {
	case admit.Create:
		return 0
	case admit.Update:
		return 1
	default:
		return 2
	}
}

// The kinds that are a label value: Other and the workloads.
const numKinds = subject.CronJob + 1

func kindIndex(k subject.Kind) subject.Kind {
	if k >= numKinds {
		return subject.Other
	}
	return k
}

// Admission holds the metrics. Its counters are looked up once, here, and not for every request.
type Admission struct {
	requests  [numKinds][numOperations][numOutcomes]prometheus.Counter
	durations [numKinds]prometheus.Observer
	problems  [numProblems]prometheus.Counter
}

// New makes the metrics and registers them.
func New(registry prometheus.Registerer) *Admission {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plimsoll_admission_requests_total",
		Help: "Admission requests answered, by kind of object, operation and outcome.",
	}, []string{"kind", "operation", "outcome"})
	durations := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "plimsoll_admission_duration_seconds",
		Help: "Time from reading an admission request to having written its answer, by kind of object.",
		// A review takes some tenths of a millisecond; the API server waits for two seconds.
		Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 2},
	}, []string{"kind"})
	problems := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "plimsoll_admission_problems_total",
		Help: "Admission requests that could not be answered as they should have been, by reason. None of them blocked an object.",
	}, []string{"reason"})
	registry.MustRegister(requests, durations, problems)

	a := &Admission{}
	for k := range numKinds {
		a.durations[k] = durations.WithLabelValues(k.String())
		for op := range numOperations {
			for o := range numOutcomes {
				a.requests[k][op][o] = requests.WithLabelValues(k.String(), operationNames[op], o.String())
			}
		}
	}
	for p := range numProblems {
		a.problems[p] = problems.WithLabelValues(p.String())
	}
	return a
}

// Answered counts a request that was answered.
func (a *Admission) Answered(r Review) {
	kind := kindIndex(r.Kind)
	a.requests[kind][operationIndex(r.Operation)][r.Outcome].Inc()
	a.durations[kind].Observe(r.Duration.Seconds())
}

// Count counts a problem.
func (a *Admission) Count(p Problem) { a.problems[p].Inc() }
