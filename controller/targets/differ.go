package targets

import (
	appsv1 "k8s.io/api/apps/v1"
)

// Differ tells whether two versions of a workload differ in what scaling looks at. Most updates of a workload are about pods
// becoming ready.
func Differ(before, after any) bool {
	switch a := after.(type) {
	case *appsv1.Deployment:
		b, ok := before.(*appsv1.Deployment)
		return !ok || differ(ofDeployment(Key{}, a), ofDeployment(Key{}, b))
	case *appsv1.StatefulSet:
		b, ok := before.(*appsv1.StatefulSet)
		return !ok || differ(ofStatefulSet(Key{}, a), ofStatefulSet(Key{}, b))
	}
	return true
}

func differ(a, b Target) bool {
	return a.UID != b.UID || a.Replicas != b.Replicas || a.RollingOut != b.RollingOut
}
