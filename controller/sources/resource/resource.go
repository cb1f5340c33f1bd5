// Package resource reads the CPU and memory of pods from metrics.k8s.io. One list answers for all workloads of a namespace.
package resource

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

//+kubebuilder:rbac:groups=metrics.k8s.io,resources=pods,verbs=list

// Lister lists the metrics of the pods of a namespace.
type Lister interface {
	List(ctx context.Context, namespace string) (*metricsv1beta1.PodMetricsList, error)
}

// Source makes queries of Resource and ContainerResource metrics.
type Source struct{ Lister Lister }

// query asks for one resource of all pods of a namespace, of one container or of all.
type query struct {
	what      measure
	namespace string
	lister    Lister
}

type measure struct {
	resource  corev1.ResourceName
	container string
}

// Query reads the metric's specification.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	what, err := measureOf(r)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	return query{what: what, namespace: r.Namespace, lister: s.Lister}, nil
}

func measureOf(r sources.Request) (measure, error) {
	m := r.Signal.Metric
	switch {
	case m == nil:
	case m.Resource != nil:
		return measure{resource: m.Resource.Name}, nil
	case m.ContainerResource != nil:
		return measure{resource: m.ContainerResource.Name, container: m.ContainerResource.Container}, nil
	}
	return measure{}, errors.New("not a metric of type Resource or ContainerResource")
}

// Server is the metrics API for one namespace.
func (q query) Server() string { return "metrics.k8s.io/" + q.namespace }

// Open makes a reader.
func (q query) Open() sources.Reader { return &reader{namespace: q.namespace, lister: q.lister} }

// Clientset is the part of the metrics clientset that a Lister is made from.
type Clientset interface {
	List(ctx context.Context, opts metav1.ListOptions) (*metricsv1beta1.PodMetricsList, error)
}

// Listing makes a Lister of a function that gives the client for a namespace.
type Listing func(namespace string) Clientset

// List lists.
func (l Listing) List(ctx context.Context, namespace string) (*metricsv1beta1.PodMetricsList, error) {
	list, err := l(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing pod metrics: %w", err)
	}
	return list, nil
}
