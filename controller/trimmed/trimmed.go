// Package trimmed keeps of each watched object only what the controllers read. A cluster's memory of itself is mostly pod
// templates and managed fields; none of that decides anything here.
package trimmed

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// Cache gives the options of a cache whose informers are trimmed. Objects come out of it without being copied: nobody
// changes what a cache gave.
func Cache() cache.Options {
	uncopied := true
	by := func(t toolscache.TransformFunc) cache.ByObject {
		return cache.ByObject{Transform: t, UnsafeDisableDeepCopy: &uncopied}
	}
	return cache.Options{
		DefaultTransform: Object,
		ByObject: map[client.Object]cache.ByObject{
			&appsv1.Deployment{}:  by(Object),
			&appsv1.StatefulSet{}: by(Object),
			&corev1.Pod{}:         by(Object),
			&batchv1.Job{}:        by(Object),
			&batchv1.CronJob{}:    by(Object),

			&autoscalingv2.HorizontalPodAutoscaler{}: by(Object),
		},
	}
}

// Object trims an object of any kind: the one transform of all informers.
func Object(object any) (any, error) {
	switch o := object.(type) {
	case *appsv1.Deployment:
		return deployment(o), nil
	case *appsv1.StatefulSet:
		return statefulSet(o), nil
	case *corev1.Pod:
		return pod(o), nil
	case *batchv1.Job:
		return job(o), nil
	case *batchv1.CronJob:
		return cronJob(o), nil
	case *autoscalingv2.HorizontalPodAutoscaler:
		return hpa(o), nil
	case metav1.Object:
		o.SetManagedFields(nil)
	}
	return object, nil
}

// meta keeps a workload's identity, labels, owners, and the annotations that are Plimsoll's.
func meta(m *metav1.ObjectMeta) metav1.ObjectMeta {
	out := identity(m)
	out.Labels, out.Annotations = m.Labels, map[string]string{}
	for key, value := range m.Annotations {
		if strings.HasPrefix(key, intent.Prefix) {
			out.Annotations[key] = value
		}
	}
	return out
}

func identity(m *metav1.ObjectMeta) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: m.Name, Namespace: m.Namespace, UID: m.UID, ResourceVersion: m.ResourceVersion, Generation: m.Generation,
		CreationTimestamp: m.CreationTimestamp, DeletionTimestamp: m.DeletionTimestamp, OwnerReferences: m.OwnerReferences,
	}
}
