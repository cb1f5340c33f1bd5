package resource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

type reader struct {
	namespace string
	lister    Lister
}

// Read lists once and answers every query from the list. Queries about the same thing share their samples.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	list, err := r.lister.List(ctx, r.namespace)
	if err != nil {
		return nil, outage(err)
	}
	slices.SortFunc(list.Items, func(a, b metricsv1beta1.PodMetrics) int { return strings.Compare(a.Name, b.Name) })
	answers := map[measure][]scaling.PodSample{}
	readings := make([]sources.Reading, len(queries))
	for i, q := range queries {
		q, ok := q.(query)
		if !ok {
			readings[i].Err = fmt.Errorf("not a query for metrics.k8s.io: %T", queries[i])
			continue
		}
		if _, ok := answers[q.what]; !ok {
			answers[q.what] = samples(list.Items, q.what)
		}
		readings[i].Pods = answers[q.what]
		if len(readings[i].Pods) == 0 {
			readings[i].Err = fmt.Errorf("metrics.k8s.io has no %s of any pod in namespace %s", q.what, r.namespace)
		}
	}
	return readings, nil
}

// outage says what the failure of a list means.
func outage(err error) error {
	switch {
	case apierrors.IsNotFound(err), apierrors.IsServiceUnavailable(err):
		return errors.New("metrics.k8s.io is not served: is metrics-server installed and ready?")
	case apierrors.IsForbidden(err):
		return errors.New("metrics.k8s.io may not be read: the ClusterRole plimsoll-manager lacks list on pods")
	}
	return sources.Unreachable("metrics.k8s.io", err)
}

// String names the measure for messages, as in "cpu of container app".
func (m measure) String() string {
	if m.container == "" {
		return string(m.resource)
	}
	return fmt.Sprintf("%s of container %s", m.resource, m.container)
}

// samples picks one measure out of the list. A pod that lacks it is left out: the engine counts it as missing.
func samples(items []metricsv1beta1.PodMetrics, m measure) []scaling.PodSample {
	out := make([]scaling.PodSample, 0, len(items))
	for i := range items {
		value, ok := usage(&items[i], m)
		if !ok {
			continue
		}
		out = append(out, scaling.PodSample{
			Name: items[i].Name, Value: value, Time: items[i].Timestamp.Time, Window: items[i].Window.Duration,
		})
	}
	return out
}

// usage sums over containers. A pod of which one container has no number, or one that is no answer, has none: the sum would
// be too small.
func usage(p *metricsv1beta1.PodMetrics, m measure) (milli int64, ok bool) {
	for i := range p.Containers {
		c := &p.Containers[i]
		if m.container != "" && c.Name != m.container {
			continue
		}
		quantity, has := c.Usage[m.resource]
		used, err := sources.Milli(&quantity)
		if !has || err != nil {
			return 0, false
		}
		milli, ok = sources.Sum(milli, used), true
	}
	return milli, ok
}

// Close has nothing to let go of: the connection is that to the API server.
func (*reader) Close() error { return nil }
