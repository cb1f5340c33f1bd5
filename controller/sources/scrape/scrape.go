// Package scrape reads Pods metrics from the pods themselves, which is all that a queue_depth needs: no metrics stack, no
// adapter. All metrics of a workload are one request to each of its pods; of many pods some are asked, in turn.
package scrape

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Pods lists the pods of a workload, ordered by name. Nobody else's pods are ever asked: whoever writes a Scaler says the
// port and the path, and must not be able to say where.
type Pods interface {
	Of(ctx context.Context, namespace string, target v1alpha1.TargetRef) ([]*corev1.Pod, error)
}

// Source makes queries of Pods metrics that are scraped.
type Source struct {
	pods    Pods
	fetcher *fetcher
}

// New makes a source. A nil dial is the network.
func New(pods Pods, dial Dial) Source { return Source{pods: pods, fetcher: newFetcher(dial)} }

// measure is what is summed up of a page.
type measure struct{ metric, selector string }

// page is whom to ask.
type page struct {
	namespace string
	target    v1alpha1.TargetRef
	port      int32
	path      string
}

type query struct {
	measure
	matches labels.Selector
	page    page
	url     *url.URL
	source  Source
}

// Query reads the metric's specification.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	m, at := r.Signal.Metric, r.Signal.Scrape
	if m == nil || m.Pods == nil || at == nil {
		return nil, failure.Mistake(errors.New("not a metric of type Pods with scrape"))
	}
	matches := labels.Everything()
	if m.Pods.Metric.Selector != nil {
		var err error
		if matches, err = metav1.LabelSelectorAsSelector(m.Pods.Metric.Selector); err != nil {
			return nil, failure.Mistake(fmt.Errorf("metric.selector: %w", err))
		}
	}
	p := page{namespace: r.Namespace, target: r.Target, port: at.Port, path: at.Path}
	if p.path == "" {
		p.path = "/metrics"
	}
	u, err := url.ParseRequestURI(p.path)
	if err != nil || u.IsAbs() || p.path[0] != '/' {
		return nil, failure.Mistake(fmt.Errorf("scrape: path %q is not a path", p.path))
	}
	what := measure{metric: m.Pods.Metric.Name, selector: matches.String()}
	return query{measure: what, matches: matches, page: p, url: u, source: s}, nil
}

// Server is the workload's page.
func (q query) Server() string {
	t := q.page.target
	return fmt.Sprintf("scrape/%s/%s/%s/%s:%d%s", q.page.namespace, t.APIVersion, t.Kind, t.Name, q.page.port, q.page.path)
}

// Open makes a reader.
func (q query) Open() sources.Reader { return &reader{page: q.page, url: q.url, source: q.source} }

// String says where the metrics are, as in ":8080/metrics".
func (p page) String() string { return fmt.Sprintf(":%d%s", p.port, p.path) }
