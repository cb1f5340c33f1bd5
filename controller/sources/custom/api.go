package custom

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	client "k8s.io/metrics/pkg/client/custom_metrics"
	"k8s.io/metrics/pkg/client/custom_metrics/scheme"

	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
)

// Mapper finds the resource of a kind.
type Mapper interface {
	RESTMapping(schema.GroupKind, ...string) (*meta.RESTMapping, error)
}

// API is custom.metrics.k8s.io in the version that is served.
type API struct {
	group     *metricsapi.Group
	mapper    Mapper
	converter *client.MetricConverter
}

// NewAPI makes the client.
func NewAPI(config *rest.Config, mapper Mapper) (*API, error) {
	group, err := metricsapi.New(config, scheme.Codecs.WithoutConversion(), v1beta2.SchemeGroupVersion, v1beta1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	return &API{group: group, mapper: mapper, converter: client.NewMetricConverter()}, nil
}

// values asks for a metric of one object, or of all pods of a namespace.
func (a *API) values(ctx context.Context, namespace string, q question) ([]v1beta2.MetricValue, error) {
	request, version, err := a.group.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.address(request, namespace, q); err != nil {
		return nil, err
	}
	options, err := a.converter.ConvertListOptionsToVersion(&custom_metrics.MetricListOptions{MetricLabelSelector: q.selector}, version)
	if err != nil {
		return nil, err
	}
	result := request.VersionedParams(options, scheme.ParameterCodec).Do(ctx)
	object, err := a.converter.ConvertResultToVersion(result, v1beta2.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	list, ok := object.(*v1beta2.MetricValueList)
	if !ok {
		return nil, fmt.Errorf("the answer is a %T and not a list of values", object)
	}
	return list.Items, nil
}

// address puts the path together. Metrics of Namespaces have a path of their own; objects without a namespace are asked for
// where they are. (The HorizontalPodAutoscaler asks for them in the workload's namespace, where no adapter has them.)
func (a *API) address(r *rest.Request, namespace string, q question) error {
	if q.kind == ownNamespace() {
		r.Resource("metrics").Namespace(q.name).Name(q.metric)
		return nil
	}
	mapping, err := a.mapper.RESTMapping(q.kind)
	if err != nil {
		return err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		r.Namespace(namespace)
	}
	name := q.name
	if name == "" {
		name = v1beta1.AllObjects
	}
	r.Resource(mapping.Resource.GroupResource().String()).Name(name).SubResource(q.metric)
	return nil
}
