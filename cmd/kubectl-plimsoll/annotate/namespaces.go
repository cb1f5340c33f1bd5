package annotate

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

// clusterNamespaces reads namespaces as far as the user may. Who may not read them is told less beforehand: admission knows
// them in any case.
type clusterNamespaces struct {
	config *genericclioptions.ConfigFlags
	known  map[string]*resolve.Namespace
}

func (c *clusterNamespaces) find(name string) (*resolve.Namespace, error) {
	if known, ok := c.known[name]; ok || name == "" {
		return known, nil
	}
	objects, err := c.read(resource.NewBuilder(c.config).ResourceNames("namespaces", name))
	if err != nil {
		return nil, fmt.Errorf("reading namespace %s: %w", name, err)
	}
	limits, err := c.limitRanges(name)
	if err != nil {
		return nil, err
	}
	var labels, annotations map[string]string
	for _, object := range objects {
		labels, annotations = object.GetLabels(), object.GetAnnotations()
	}
	if c.known == nil {
		c.known = map[string]*resolve.Namespace{}
	}
	c.known[name] = resolve.NewNamespace(name, labels, annotations, limits)
	return c.known[name], nil
}

func (c *clusterNamespaces) limitRanges(namespace string) ([]corev1.LimitRange, error) {
	objects, err := c.read(resource.NewBuilder(c.config).NamespaceParam(namespace).ResourceTypeOrNameArgs(true, "limitranges"))
	if err != nil {
		return nil, fmt.Errorf("reading LimitRanges of %s: %w", namespace, err)
	}
	limits := make([]corev1.LimitRange, len(objects))
	for i, object := range objects {
		raw, err := json.Marshal(object)
		if err == nil {
			err = json.Unmarshal(raw, &limits[i])
		}
		if err != nil {
			return nil, fmt.Errorf("reading LimitRange %s: %w", object.GetName(), err)
		}
	}
	return limits, nil
}

// read gives what a query finds; nothing where the user may not see it.
func (c *clusterNamespaces) read(query *resource.Builder) ([]*unstructured.Unstructured, error) {
	infos, err := query.Unstructured().Flatten().Do().Infos()
	if err != nil {
		if apierrors.IsForbidden(err) {
			return nil, nil
		}
		return nil, err
	}
	var objects []*unstructured.Unstructured
	for _, info := range infos {
		fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(info.Object)
		if err != nil {
			return nil, err
		}
		objects = append(objects, &unstructured.Unstructured{Object: fields})
	}
	return objects, nil
}
