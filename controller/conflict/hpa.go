package conflict

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

//+kubebuilder:rbac:groups=autoscaling,resources=horizontalpodautoscalers,verbs=list;watch

// HPAs gives the handler that keeps HorizontalPodAutoscalers in step with what an informer shows.
func (r *Rivals) HPAs() cache.ResourceEventHandler {
	put := func(object any) {
		h, ok := object.(*autoscalingv2.HorizontalPodAutoscaler)
		if !ok {
			return
		}
		ref := h.Spec.ScaleTargetRef
		r.put(autoscaler{hpa, h.Namespace, h.Name}, targets.Key{
			Namespace: h.Namespace, Kind: schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind), Name: ref.Name,
		})
	}
	return cache.ResourceEventHandlerFuncs{AddFunc: put, UpdateFunc: func(_, is any) { put(is) }, DeleteFunc: r.gone(hpa)}
}

// gone gives the handler of deletions.
func (r *Rivals) gone(kind string) func(any) {
	return func(object any) {
		if key, err := cache.DeletionHandlingObjectToName(object); err == nil {
			r.remove(autoscaler{kind, key.Namespace, key.Name})
		}
	}
}
