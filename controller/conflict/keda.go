package conflict

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

//+kubebuilder:rbac:groups=keda.sh,resources=scaledobjects,verbs=list;watch
//+kubebuilder:rbac:groups=apiextensions.k8s.io,resources=customresourcedefinitions,resourceNames=scaledobjects.keda.sh,verbs=list;watch

// ScaledObjects watches KEDA's ScaledObjects where there are any. Most clusters have no KEDA: there it costs one watch, for
// the definition of the kind to appear, and no request after that.
type ScaledObjects struct {
	Rivals *Rivals
	// Metadata watches the definition, Dynamic the objects.
	Metadata metadata.Interface
	Dynamic  dynamic.Interface
	// Served tells whether the API server serves the kind by now: its definition is there a little earlier.
	Served func() bool

	mu      sync.Mutex
	defined cache.InformerSynced
	listed  cache.InformerSynced // nil while the kind is not there
	stop    context.CancelFunc
}

func scaledObjects() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "keda.sh", Version: "v1alpha1", Resource: "scaledobjects"}
}

func definitions() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
}

// NewScaledObjects makes the watcher.
func NewScaledObjects(r *Rivals, config *rest.Config) (*ScaledObjects, error) {
	meta, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the metadata client: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the client of ScaledObjects: %w", err)
	}
	d, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the discovery client: %w", err)
	}
	served := func() bool {
		_, err := d.ServerResourcesForGroupVersion(scaledObjects().GroupVersion().String())
		return err == nil
	}
	return &ScaledObjects{Rivals: r, Metadata: meta, Dynamic: objects, Served: served}, nil
}

// Start begins to watch, until the context ends. It does not wait.
func (s *ScaledObjects) Start(ctx context.Context) error {
	informer := metadatainformer.NewFilteredMetadataInformer(s.Metadata, definitions(), metav1.NamespaceAll, 0, cache.Indexers{},
		func(o *metav1.ListOptions) {
			o.FieldSelector = fields.OneTermEqualSelector("metadata.name", scaledObjects().GroupResource().String()).String()
		}).Informer()
	registered, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { s.begin(ctx) },
		DeleteFunc: func(any) { s.end() },
	})
	if err != nil {
		return fmt.Errorf("watching the definition of ScaledObjects: %w", err)
	}
	s.mu.Lock()
	s.defined = registered.HasSynced
	s.mu.Unlock()
	go informer.RunWithContext(ctx)
	return nil
}

// HasSynced tells whether all ScaledObjects that were there are known.
func (s *ScaledObjects) HasSynced() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.defined != nil && s.defined() && (s.stop == nil || s.listed != nil && s.listed())
}

// servedPoll is how often is asked whether a kind that was just defined is served.
const servedPoll = time.Second

// begin watches the objects as soon as their kind is served.
func (s *ScaledObjects) begin(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return
	}
	var own context.Context
	own, s.stop = context.WithCancel(ctx)
	go func() {
		err := wait.PollUntilContextCancel(own, servedPoll, true, func(context.Context) (bool, error) { return s.Served(), nil })
		if err == nil {
			s.watch(own)
		}
	}()
}

// watch runs an informer until the kind, or the process, goes away.
func (s *ScaledObjects) watch(ctx context.Context) {
	informer := dynamicinformer.NewFilteredDynamicInformer(
		s.Dynamic, scaledObjects(), metav1.NamespaceAll, 0, cache.Indexers{}, nil).Informer()
	if err := informer.SetTransform(onlyTarget); err != nil {
		return // it runs already: that cannot be, it was made above
	}
	registered, err := informer.AddEventHandler(s.events(ctx))
	if err != nil {
		return // it has ended already: likewise
	}
	s.mu.Lock()
	if ctx.Err() == nil {
		s.listed = registered.HasSynced
	}
	s.mu.Unlock()
	informer.RunWithContext(ctx)
}

func (s *ScaledObjects) events(ctx context.Context) cache.ResourceEventHandler {
	put := func(object any) {
		if u, ok := object.(*unstructured.Unstructured); ok && ctx.Err() == nil {
			s.Rivals.put(autoscaler{scaledObject, u.GetNamespace(), u.GetName()}, targetOf(u))
		}
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: put, UpdateFunc: func(_, is any) { put(is) }, DeleteFunc: s.Rivals.gone(scaledObject)}
}

// end forgets all objects: their kind has gone.
func (s *ScaledObjects) end() {
	s.mu.Lock()
	if s.stop != nil {
		s.stop()
	}
	s.stop, s.listed = nil, nil
	s.mu.Unlock()
	s.Rivals.removeAll(scaledObject)
}

// targetOf reads what a ScaledObject acts on: a Deployment, where it does not say.
func targetOf(u *unstructured.Unstructured) targets.Key {
	field := func(name string) string {
		value, _, _ := unstructured.NestedString(u.Object, "spec", "scaleTargetRef", name)
		return value
	}
	return targets.KeyOf(u.GetNamespace(), v1alpha1.TargetRef{APIVersion: field("apiVersion"), Kind: field("kind"), Name: field("name")})
}

// onlyTarget keeps of a ScaledObject what is read of it.
func onlyTarget(object any) (any, error) {
	u, ok := object.(*unstructured.Unstructured)
	if !ok {
		return object, nil
	}
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetAPIVersion(u.GetAPIVersion())
	out.SetKind(u.GetKind())
	out.SetNamespace(u.GetNamespace())
	out.SetName(u.GetName())
	out.SetResourceVersion(u.GetResourceVersion())
	ref, found, err := unstructured.NestedMap(u.Object, "spec", "scaleTargetRef")
	if err == nil && found {
		err = unstructured.SetNestedMap(out.Object, ref, "spec", "scaleTargetRef")
	}
	return out, err
}
