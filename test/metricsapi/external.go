package main

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/defaults"
)

// external provides external metrics out of the store.
type external struct {
	defaults.DefaultExternalMetricsProvider
	store *store
}

// GetExternalMetric gives one value for each series that the selector matches; an empty list where there is none.
func (e *external) GetExternalMetric(_ context.Context, namespace string, selector labels.Selector, info provider.ExternalMetricInfo,
) (*external_metrics.ExternalMetricValueList, error) {
	e.store.ask(info.Metric)
	list := &external_metrics.ExternalMetricValueList{}
	for text, m := range e.store.find(series{namespace: namespace, metric: info.Metric}, selector) {
		set, err := labels.ConvertSelectorToLabelsMap(text)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, external_metrics.ExternalMetricValue{
			MetricName: info.Metric, MetricLabels: set, Timestamp: metav1.NewTime(m.at), Value: m.value,
		})
	}
	return list, nil
}
