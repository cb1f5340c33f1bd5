package namespaces

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// Watch keeps an index up to date by the informers of a cache.
type Watch struct {
	*Index
	// synced say of each informer whether its first list has reached the index.
	synced []toolscache.InformerSynced
}

// NewWatch registers with the cache, which need not have been started.
func NewWatch(ctx context.Context, informers cache.Informers, live client.Reader) (*Watch, error) {
	w := &Watch{Index: NewIndex(live)}
	for _, watched := range []struct {
		object client.Object
		to     toolscache.ResourceEventHandler
	}{
		{objectMetadata(), eventHandler(w.SetNamespace, func(n *metav1.PartialObjectMetadata) { w.DeleteNamespace(n.Name) })},
		{&corev1.LimitRange{}, eventHandler(w.SetLimitRange, func(l *corev1.LimitRange) { w.DeleteLimitRange(l.Namespace, l.Name) })},
	} {
		informer, err := informers.GetInformer(ctx, watched.object, cache.BlockUntilSynced(false))
		if err == nil {
			err = w.handle(informer, watched.to)
		}
		if err != nil {
			return nil, fmt.Errorf("watching %T: %w", watched.object, err)
		}
	}
	return w, nil
}

func (w *Watch) handle(informer cache.Informer, handler toolscache.ResourceEventHandler) error {
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		return err
	}
	w.synced = append(w.synced, registration.HasSynced)
	return nil
}

// Check is a readiness check: it fails until the index has been filled.
func (w *Watch) Check(*http.Request) error {
	for _, synced := range w.synced {
		if !synced() {
			return errors.New("namespaces and LimitRanges are not read yet")
		}
	}
	return nil
}

// eventHandler turns the events of an informer into calls with the type that it holds.
func eventHandler[T any](set, remove func(T)) toolscache.ResourceEventHandler {
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { typed(object, set) },
		UpdateFunc: func(_, object any) { typed(object, set) },
		DeleteFunc: func(object any) { typed(object, remove) },
	}
}

func typed[T any](object any, f func(T)) {
	if last, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = last.Obj
	}
	if t, ok := object.(T); ok {
		f(t)
	}
}

// Trim says what the cache keeps: of a Namespace its labels and the annotations that are Plimsoll's, of a LimitRange its
// specification. Hundreds of namespaces then cost kilobytes.
func Trim() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		objectMetadata():     {Transform: trimNamespace},
		&corev1.LimitRange{}: {Transform: trimLimitRange},
	}
}

func trimNamespace(object any) (any, error) {
	if n, ok := object.(*metav1.PartialObjectMetadata); ok {
		n.ManagedFields, n.OwnerReferences, n.Finalizers = nil, nil, nil
		maps.DeleteFunc(n.Annotations, func(key, _ string) bool { return !strings.HasPrefix(key, intent.Prefix) })
	}
	return object, nil
}

func trimLimitRange(object any) (any, error) {
	if l, ok := object.(*corev1.LimitRange); ok {
		l.ManagedFields, l.Annotations, l.Labels = nil, nil, nil
	}
	return object, nil
}
