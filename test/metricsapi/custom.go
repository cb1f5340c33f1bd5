package main

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/defaults"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/helpers"
)

// custom provides custom metrics out of the store.
type custom struct {
	defaults.DefaultCustomMetricsProvider
	store  *store
	mapper meta.RESTMapper
	client dynamic.Interface
}

// GetMetricByName is the metric of one object.
func (c *custom) GetMetricByName(_ context.Context, name types.NamespacedName, info provider.CustomMetricInfo,
	selector labels.Selector,
) (*custom_metrics.MetricValue, error) {
	c.store.ask(info.Metric)
	value, ok, err := c.value(name, info, selector)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
	}
	return value, nil
}

// GetMetricBySelector is the metric of the objects that are there now. One without a value is left out, as adapters do.
func (c *custom) GetMetricBySelector(_ context.Context, namespace string, objects labels.Selector, info provider.CustomMetricInfo,
	selector labels.Selector,
) (*custom_metrics.MetricValueList, error) {
	c.store.ask(info.Metric)
	names, err := helpers.ListObjectNames(c.mapper, c.client, namespace, objects, info)
	if err != nil {
		return nil, err
	}
	list := &custom_metrics.MetricValueList{}
	for _, name := range names {
		value, ok, err := c.value(types.NamespacedName{Namespace: namespace, Name: name}, info, selector)
		if err != nil {
			return nil, err
		}
		if ok {
			list.Items = append(list.Items, *value)
		}
	}
	return list, nil
}

// value finds an object's own value, else that of any object. With several series the first one does.
func (c *custom) value(name types.NamespacedName, info provider.CustomMetricInfo, selector labels.Selector,
) (*custom_metrics.MetricValue, bool, error) {
	key := series{namespace: name.Namespace, resource: info.GroupResource.String(), object: name.Name, metric: info.Metric}
	if info.GroupResource.Resource == "namespaces" {
		key.namespace = ""
	}
	found := c.store.find(key, selector)
	if len(found) == 0 {
		key.object = anyObject
		found = c.store.find(key, selector)
	}
	for _, m := range found {
		reference, err := helpers.ReferenceFor(c.mapper, name, info)
		if err != nil {
			return nil, false, err
		}
		return &custom_metrics.MetricValue{
			DescribedObject: reference, Metric: custom_metrics.MetricIdentifier{Name: info.Metric},
			Timestamp: metav1.NewTime(m.at), Value: m.value,
		}, true, nil
	}
	return nil, false, nil
}
