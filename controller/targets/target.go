// Package targets shows workloads as scaling sees them: a replica count, the resourceVersion it was read at, and whether
// pods are being replaced. Deployments and StatefulSets come from trimmed informers; reading one costs no request.
package targets

import (
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Key names a workload.
type Key struct {
	Namespace string
	Kind      schema.GroupVersionKind
	Name      string
}

// KeyOf reads a reference. What it leaves out is a Deployment of apps/v1.
func KeyOf(namespace string, ref v1alpha1.TargetRef) Key {
	k := Key{Namespace: namespace, Name: ref.Name, Kind: DeploymentKind()}
	if ref.APIVersion != "" {
		k.Kind = schema.FromAPIVersionAndKind(ref.APIVersion, k.Kind.Kind)
	}
	if ref.Kind != "" {
		k.Kind.Kind = ref.Kind
	}
	return k
}

// String names the workload as status shows it, as in "Deployment/job-consumer".
func (k Key) String() string { return k.Kind.Kind + "/" + k.Name }

// Unversioned is the workload whatever version of its kind it was named by.
func (k Key) Unversioned() Key {
	k.Kind.Version = ""
	return k
}

// DeploymentKind and StatefulSetKind are the kinds with informers of their own.
func DeploymentKind() schema.GroupVersionKind {
	return appsv1.SchemeGroupVersion.WithKind("Deployment")
}

// StatefulSetKind is the kind of StatefulSets.
func StatefulSetKind() schema.GroupVersionKind {
	return appsv1.SchemeGroupVersion.WithKind("StatefulSet")
}

// Target is a workload as it was when it was read.
type Target struct {
	Key
	// UID is empty where only the scale subresource is known.
	UID types.UID
	// ResourceVersion that Replicas was read at.
	ResourceVersion string
	// Replicas is spec.replicas of the scale subresource.
	Replicas int32
	// RollingOut is true while pods are being replaced by newer ones.
	RollingOut bool
	// Selector of the pods, as text: where there is no UID to find them by.
	Selector string
}

// ofDeployment: pods are being replaced where there are more than updated ones. A count that is on its way does not show
// as a roll-out, nor does one that is paused or has run out of its time: lowering would wait for ever.
func ofDeployment(k Key, d *appsv1.Deployment) Target {
	t := Target{Key: k, UID: d.UID, ResourceVersion: d.ResourceVersion, Replicas: replicas(d.Spec.Replicas)}
	t.RollingOut = d.Status.Replicas > d.Status.UpdatedReplicas && !d.Spec.Paused && !stuck(d)
	t.Selector = metav1.FormatLabelSelector(d.Spec.Selector)
	return t
}

func stuck(d *appsv1.Deployment) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentProgressing && c.Reason == "ProgressDeadlineExceeded" {
			return true
		}
	}
	return false
}

// ofStatefulSet: only a rolling update of all pods ends by itself. With a partition, or OnDelete, two revisions may stay
// side by side for as long as somebody likes.
func ofStatefulSet(k Key, s *appsv1.StatefulSet) Target {
	t := Target{Key: k, UID: s.UID, ResourceVersion: s.ResourceVersion, Replicas: replicas(s.Spec.Replicas)}
	t.RollingOut = s.Status.UpdateRevision != s.Status.CurrentRevision && s.Status.UpdatedReplicas < s.Status.Replicas && rolls(s)
	t.Selector = metav1.FormatLabelSelector(s.Spec.Selector)
	return t
}

func rolls(s *appsv1.StatefulSet) bool {
	strategy := &s.Spec.UpdateStrategy
	if strategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return false
	}
	r := strategy.RollingUpdate
	return r == nil || r.Partition == nil || *r.Partition == 0
}

// replicas: the API server defaults a missing count to 1.
func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}
