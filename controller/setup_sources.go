package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	metricsclient "k8s.io/metrics/pkg/client/clientset/versioned"

	"github.com/plimsoll-dev/plimsoll/controller/pods"
	"github.com/plimsoll-dev/plimsoll/controller/sources/custom"
	"github.com/plimsoll-dev/plimsoll/controller/sources/external"
	"github.com/plimsoll-dev/plimsoll/controller/sources/kinds"
	"github.com/plimsoll-dev/plimsoll/controller/sources/resource"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// needsOf makes the clients of the metrics APIs, and says how pods are found that are asked themselves.
func needsOf(config *rest.Config, mapper meta.RESTMapper, w workloads) (kinds.Needs, error) {
	set, err := metricsclient.NewForConfig(config)
	if err != nil {
		return kinds.Needs{}, fmt.Errorf("making the metrics client: %w", err)
	}
	n := kinds.Needs{Pods: w, Namespaces: w.pods, PodMetrics: resource.Listing(func(namespace string) resource.Clientset {
		return set.MetricsV1beta1().PodMetricses(namespace)
	})}
	if n.Custom, err = custom.NewAPI(config, mapper); err != nil {
		return n, err
	}
	n.External, err = external.API(config)
	return n, err
}

// workloads are what is known of workloads and their pods. One of it serves everybody: it is fed by informers.
type workloads struct {
	targets *targets.Reader
	pods    *pods.Lister
}

// Of gives the pods of a target, ordered by name.
func (w workloads) Of(ctx context.Context, namespace string, ref v1alpha1.TargetRef) ([]*corev1.Pod, error) {
	t, err := w.targets.Get(ctx, targets.KeyOf(namespace, ref))
	if err != nil {
		return nil, err
	}
	return w.pods.Of(ctx, t)
}
