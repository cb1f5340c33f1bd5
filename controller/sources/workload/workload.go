// Package workload is KEDA's kubernetes-workload trigger: how many pods of a namespace labels select. The pods come from an
// informer, so that no reading costs the API server anything.
package workload

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Pods lists the pods of a namespace. Nobody changes them.
type Pods interface {
	InNamespace(ctx context.Context, namespace string) ([]corev1.Pod, error)
}

// Source makes queries of kubernetes-workload triggers.
type Source struct{ Pods Pods }

// query is about the Scaler's own namespace: whoever may write a Scaler there need not see others.
type query struct {
	pods      Pods
	namespace string
	selector  labels.Selector
	byNode    bool
}

// Query reads the parameters.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	text := p.Get("podSelector")
	if text == "" {
		return nil, failure.Mistake(fmt.Errorf("podSelector is missing: legal is a label selector such as app=web"))
	}
	selector, err := labels.Parse(text)
	if err != nil {
		return nil, failure.Mistake(fmt.Errorf("podSelector %q: %w", text, err))
	}
	return query{pods: s.Pods, namespace: r.Namespace, selector: selector, byNode: p.True("groupByNode")}, nil
}

// Server is the namespace: its pods are gone through once for all queries.
func (q query) Server() string { return "pods/" + q.namespace }

// Open makes a reader.
func (q query) Open() sources.Reader { return reader{pods: q.pods, namespace: q.namespace} }

type reader struct {
	pods      Pods
	namespace string
}

// Read counts. A selector that selects nothing has counted 0 pods: all there are were seen.
func (r reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	pods, err := r.pods.InNamespace(ctx, r.namespace)
	if err != nil {
		return nil, err
	}
	readings := make([]sources.Reading, len(queries))
	for i, q := range queries {
		q, ok := q.(query)
		if !ok {
			readings[i].Err = fmt.Errorf("not a query for pods: %T", queries[i])
			continue
		}
		readings[i].Value = 1000 * q.count(pods)
	}
	return readings, nil
}

func (q query) count(pods []corev1.Pod) int64 {
	nodes, n := map[string]bool{}, int64(0)
	for i := range pods {
		p := &pods[i]
		if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed || !q.selector.Matches(labels.Set(p.Labels)) {
			continue
		}
		n++
		if p.Spec.NodeName != "" {
			nodes[p.Spec.NodeName] = true
		}
	}
	if q.byNode {
		return int64(len(nodes))
	}
	return n
}

// Close has nothing to let go of.
func (reader) Close() error { return nil }
