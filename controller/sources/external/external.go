// Package external reads External metrics from external.metrics.k8s.io. A metric and selector that several workloads of a
// namespace name is asked for once.
package external

import (
	"context"
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
)

//+kubebuilder:rbac:groups=external.metrics.k8s.io,resources=*,verbs=get;list

// Source makes queries of External metrics.
type Source struct{ API *metricsapi.Group }

// API makes the client of external.metrics.k8s.io.
func API(config *rest.Config) (*metricsapi.Group, error) {
	return metricsapi.New(config, scheme.Codecs.WithoutConversion(), v1beta1.SchemeGroupVersion)
}

// question is what one request asks.
type question struct{ metric, selector string }

type query struct {
	question
	namespace string
	api       *metricsapi.Group
}

// Query reads the metric's specification.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	m := r.Signal.Metric
	if m == nil || m.External == nil {
		return nil, failure.Mistake(errors.New("not a metric of type External"))
	}
	q, err := questionOf(&m.External.Metric)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	return query{question: q, namespace: r.Namespace, api: s.API}, nil
}

func questionOf(m *autoscalingv2.MetricIdentifier) (question, error) {
	if err := metricsapi.CheckName(m.Name); err != nil {
		return question{}, fmt.Errorf("metric.name: %w", err)
	}
	selector, err := metricsapi.Selector(m.Selector)
	return question{metric: m.Name, selector: selector}, err
}

// Server is the metrics API for one namespace.
func (q query) Server() string { return metricsapi.External + "/" + q.namespace }

// Open makes a reader.
func (q query) Open() sources.Reader { return &reader{namespace: q.namespace, api: q.api} }

type reader struct {
	namespace string
	api       *metricsapi.Group
}

// Read asks each question once.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	questions := make([]question, len(queries))
	for i := range queries {
		q, ok := queries[i].(query)
		if !ok {
			return nil, fmt.Errorf("not a query for %s: %T", metricsapi.External, queries[i])
		}
		questions[i] = q.question
	}
	answers, err := metricsapi.Ask(ctx, r.api, questions, r.ask)
	if err != nil {
		return nil, err
	}
	readings := make([]sources.Reading, len(queries))
	for i, q := range questions {
		readings[i] = answers[q].Value
		readings[i].Err = answers[q].Err
	}
	return readings, nil
}

// ask makes one request.
func (r *reader) ask(ctx context.Context, q question) (sources.Reading, error) {
	what := fmt.Sprintf("metric %s%s in namespace %s", q.metric, metricsapi.Where(q.selector), r.namespace)
	request, _, err := r.api.Get(ctx)
	if err != nil {
		return sources.Reading{}, err
	}
	list := &v1beta1.ExternalMetricValueList{}
	err = request.Namespace(r.namespace).Resource(q.metric).
		VersionedParams(&metav1.ListOptions{LabelSelector: q.selector}, metav1.ParameterCodec).Do(ctx).Into(list)
	if err != nil {
		return sources.Reading{}, r.api.Explain(ctx, what, err)
	}
	reading, err := sum(list.Items)
	if err != nil {
		return reading, fmt.Errorf("%s, %s: %w", metricsapi.External, what, err)
	}
	return reading, nil
}

// sum adds the series up, as the HorizontalPodAutoscaler does. No series is no answer, and neither is a bad one.
func sum(items []v1beta1.ExternalMetricValue) (sources.Reading, error) {
	r := sources.Reading{}
	if len(items) == 0 {
		return r, errors.New("there is no series of it")
	}
	for i := range items {
		milli, err := sources.Milli(&items[i].Value)
		if err != nil {
			return sources.Reading{}, err
		}
		r.Value = sources.Sum(r.Value, milli)
		if at := items[i].Timestamp.Time; r.Time.IsZero() || at.Before(r.Time) {
			r.Time = at
		}
	}
	return r, nil
}

// Close has nothing to let go of: the connection is that to the API server.
func (*reader) Close() error { return nil }
