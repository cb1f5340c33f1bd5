// Package namespaces knows what admission needs to know of every namespace: its labels, its parsed annotations and its
// LimitRanges. It is parsed once when it changes; a request looks it up without a lock.
package namespaces

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

//+kubebuilder:rbac:groups="",resources=namespaces;limitranges,verbs=get;list;watch

// Index is what there is to know of all namespaces.
type Index struct {
	// live reads from the API server, for namespaces so new that no event has told of them.
	live client.Reader

	// parsed has a *resolve.Namespace for each name. It is written under mu and read without.
	parsed sync.Map
	mu     sync.Mutex
	meta   map[string]*metav1.PartialObjectMetadata
	limits map[string]map[string]corev1.LimitRange
}

// NewIndex makes an empty index. live is asked for a namespace that the index does not have.
func NewIndex(live client.Reader) *Index {
	return &Index{
		live:   live,
		meta:   map[string]*metav1.PartialObjectMetadata{},
		limits: map[string]map[string]corev1.LimitRange{},
	}
}

// Get gives a namespace: from the index, else by one request to the API server, bounded by ctx.
func (x *Index) Get(ctx context.Context, name string) (*resolve.Namespace, error) {
	if n, ok := x.parsed.Load(name); ok {
		return n.(*resolve.Namespace), nil
	}
	object := objectMetadata()
	if err := x.live.Get(ctx, client.ObjectKey{Name: name}, object); err != nil {
		return nil, fmt.Errorf("not known yet, and not to be had from the API server: %w", err)
	}
	return x.parse(object, x.limitsOf(name)), nil
}

// SetNamespace takes up a namespace as it now is.
func (x *Index) SetNamespace(object *metav1.PartialObjectMetadata) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.meta[object.Name] = object
	x.refresh(object.Name)
}

// DeleteNamespace forgets a namespace.
func (x *Index) DeleteNamespace(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.meta, name)
	x.refresh(name)
}

// SetLimitRange takes up a LimitRange as it now is.
func (x *Index) SetLimitRange(l *corev1.LimitRange) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.limits[l.Namespace] == nil {
		x.limits[l.Namespace] = map[string]corev1.LimitRange{}
	}
	x.limits[l.Namespace][l.Name] = *l
	x.refresh(l.Namespace)
}

// DeleteLimitRange forgets a LimitRange.
func (x *Index) DeleteLimitRange(namespace, name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	delete(x.limits[namespace], name)
	if len(x.limits[namespace]) == 0 {
		delete(x.limits, namespace)
	}
	x.refresh(namespace)
}

// refresh parses a namespace anew. mu is held.
func (x *Index) refresh(name string) {
	object, ok := x.meta[name]
	if !ok {
		x.parsed.Delete(name)
		return
	}
	x.parsed.Store(name, x.parse(object, sorted(x.limits[name])))
}

func (*Index) parse(object *metav1.PartialObjectMetadata, limits []corev1.LimitRange) *resolve.Namespace {
	return resolve.NewNamespace(object.Name, object.Labels, object.Annotations, limits)
}

func (x *Index) limitsOf(namespace string) []corev1.LimitRange {
	x.mu.Lock()
	defer x.mu.Unlock()
	return sorted(x.limits[namespace])
}

// sorted gives LimitRanges by name: a patch must not depend on the order of a map.
func sorted(limits map[string]corev1.LimitRange) []corev1.LimitRange {
	return slices.SortedFunc(maps.Values(limits), func(a, b corev1.LimitRange) int { return strings.Compare(a.Name, b.Name) })
}

func objectMetadata() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
}
