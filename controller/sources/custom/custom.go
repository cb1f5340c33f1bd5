// Package custom reads Pods and Object metrics from custom.metrics.k8s.io. One request answers for all workloads of a
// namespace that name the same metric: that of all pods, or that of the same object.
package custom

import (
	"context"
	"errors"
	"fmt"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
)

//+kubebuilder:rbac:groups=custom.metrics.k8s.io,resources=*,verbs=get;list

// Source makes queries of Pods and Object metrics.
type Source struct{ API *API }

// question is what one request asks. Without a name it is about all objects of the kind.
type question struct {
	kind                   schema.GroupKind
	name, metric, selector string
}

type query struct {
	question
	namespace string
	api       *API
}

// Query reads the metric's specification.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	q, err := questionOf(r)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	return query{question: q, namespace: r.Namespace, api: s.API}, nil
}

func questionOf(r sources.Request) (question, error) {
	switch m := r.Signal.Metric; {
	case m != nil && m.Pods != nil:
		return identified(question{kind: schema.GroupKind{Kind: "Pod"}}, &m.Pods.Metric)
	case m != nil && m.Object != nil:
		q, err := described(&m.Object.DescribedObject, r.Namespace)
		if err != nil {
			return q, fmt.Errorf("describedObject: %w", err)
		}
		return identified(q, &m.Object.Metric)
	}
	return question{}, errors.New("not a metric of type Pods or Object")
}

func identified(q question, m *autoscalingv2.MetricIdentifier) (question, error) {
	if err := metricsapi.CheckName(m.Name); err != nil {
		return q, fmt.Errorf("metric.name: %w", err)
	}
	var err error
	q.metric = m.Name
	q.selector, err = metricsapi.Selector(m.Selector)
	return q, err
}

// described reads a reference. Of Namespaces only the workload's own may be asked about: the metrics are read with the
// manager's rights, and another team's are none of the workload's business.
func described(o *autoscalingv2.CrossVersionObjectReference, namespace string) (question, error) {
	group, err := schema.ParseGroupVersion(o.APIVersion)
	if err != nil {
		return question{}, fmt.Errorf("apiVersion %q is not of the form group/version", o.APIVersion)
	}
	if err := metricsapi.CheckName(o.Name); err != nil {
		return question{}, err
	}
	q := question{kind: schema.GroupKind{Group: group.Group, Kind: o.Kind}, name: o.Name}
	if q.kind == ownNamespace() && o.Name != namespace {
		return q, fmt.Errorf("the Namespace is %q; legal is the workload's own, %q", o.Name, namespace)
	}
	return q, nil
}

func ownNamespace() schema.GroupKind { return schema.GroupKind{Kind: "Namespace"} }

// String says what is asked for, as in "metric queue_depth of Ingress main".
func (q question) String() string {
	of := "pods"
	if q.name != "" {
		of = q.kind.Kind + " " + q.name
	}
	return fmt.Sprintf("metric %s%s of %s", q.metric, metricsapi.Where(q.selector), of)
}

// Server is the metrics API for one namespace.
func (q query) Server() string { return metricsapi.Custom + "/" + q.namespace }

// Open makes a reader.
func (q query) Open() sources.Reader { return &reader{namespace: q.namespace, api: q.api} }

type reader struct {
	namespace string
	api       *API
}

// Read asks each question once.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	questions := make([]question, len(queries))
	for i := range queries {
		q, ok := queries[i].(query)
		if !ok {
			return nil, fmt.Errorf("not a query for %s: %T", metricsapi.Custom, queries[i])
		}
		questions[i] = q.question
	}
	answers, err := metricsapi.Ask(ctx, r.api.group, questions, r.ask)
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
	values, err := r.api.values(ctx, r.namespace, q)
	if meta.IsNoMatchError(err) {
		return sources.Reading{}, failure.Mistake(fmt.Errorf("describedObject: no kind %s is served in group %q", q.kind.Kind, q.kind.Group))
	}
	what := fmt.Sprintf("%s in namespace %s", q, r.namespace)
	if err != nil {
		return sources.Reading{}, r.api.group.Explain(ctx, what, err)
	}
	reading, err := readingOf(q, values)
	if err != nil {
		return reading, fmt.Errorf("%s, %s: %w", metricsapi.Custom, what, err)
	}
	return reading, nil
}

// Close has nothing to let go of: the connection is that to the API server.
func (*reader) Close() error { return nil }
