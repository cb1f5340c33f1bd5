package targets

import (
	"context"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
)

//+kubebuilder:rbac:groups=apps,resources=deployments;statefulsets,verbs=get;list;watch
//+kubebuilder:rbac:groups=apps,resources=deployments/scale;statefulsets/scale,verbs=get

// Reader reads targets. It may be used from anywhere.
type Reader struct {
	// Cached reads from informers: Deployments and StatefulSets, and the metadata of other kinds. It may be nil, where the
	// others only are read.
	Cached client.Reader
	// Live reads scale subresources from the API server, and finds out which kinds may be listed.
	Live  Live
	Clock clock.PassiveClock

	mu sync.Mutex
	// polled are targets of other kinds, as they were last read.
	polled map[Key]polled
	// listable says of other kinds whether they may be watched.
	listable map[schema.GroupVersionKind]verdict
}

// Live asks the API server.
type Live interface {
	client.SubResourceClientConstructor
	List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error
}

type polled struct {
	target Target
	at     time.Time
}

// maxAge is how long a target of a kind that may not be watched is taken to be as it was read. A write of our own, and a
// conflict, read it at once.
const maxAge = 15 * time.Second

// Get reads a target: without a request for Deployments and StatefulSets, after each change for kinds that may be watched, and
// at most once in a while for others.
func (r *Reader) Get(ctx context.Context, k Key) (Target, error) {
	switch k.Kind {
	case DeploymentKind():
		d := &appsv1.Deployment{}
		if err := r.Cached.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Name}, d); err != nil {
			return Target{}, explain(k, err)
		}
		return ofDeployment(k, d), nil
	case StatefulSetKind():
		s := &appsv1.StatefulSet{}
		if err := r.Cached.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Name}, s); err != nil {
			return Target{}, explain(k, err)
		}
		return ofStatefulSet(k, s), nil
	}
	if t, ok := r.recent(ctx, k); ok {
		return t, nil
	}
	return r.Fresh(ctx, k)
}

// Fresh reads the scale subresource from the API server.
func (r *Reader) Fresh(ctx context.Context, k Key) (Target, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(k.Kind)
	object.SetNamespace(k.Namespace)
	object.SetName(k.Name)
	scale := &unstructured.Unstructured{}
	if err := r.Live.SubResource("scale").Get(ctx, object, scale); err != nil {
		return Target{}, explain(k, err)
	}
	t, err := OfScale(k, scale)
	if err != nil {
		return Target{}, err
	}
	r.keep(t)
	return t, nil
}

// OfScale reads a scale subresource.
func OfScale(k Key, scale *unstructured.Unstructured) (Target, error) {
	count, _, err := unstructured.NestedInt64(scale.Object, "spec", "replicas")
	if err != nil {
		return Target{}, fmt.Errorf("scale of %s: spec.replicas: %w", k, err)
	}
	selector, _, _ := unstructured.NestedString(scale.Object, "status", "selector")
	return Target{
		Key: k, UID: scale.GetUID(), ResourceVersion: scale.GetResourceVersion(), Replicas: int32(count), Selector: selector,
	}, nil
}

// recent gives a target as it was last read, where it is still like that.
func (r *Reader) recent(ctx context.Context, k Key) (Target, bool) {
	r.mu.Lock()
	p, ok := r.polled[k]
	r.mu.Unlock()
	if !ok {
		return Target{}, false
	}
	still := r.Clock.Since(p.at) <= maxAge
	if version, known := r.version(ctx, k); known {
		still = !newer(version, p.target.ResourceVersion)
	}
	if !still {
		r.mu.Lock()
		delete(r.polled, k)
		r.mu.Unlock()
	}
	return p.target, still
}

// keep remembers targets of kinds without an informer.
func (r *Reader) keep(t Target) {
	if t.Kind == DeploymentKind() || t.Kind == StatefulSetKind() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.polled == nil {
		r.polled = map[Key]polled{}
	}
	r.polled[t.Key] = polled{target: t, at: r.Clock.Now()}
}

// missing is an error about a target that is not there.
type missing struct{ error }

func (m missing) Unwrap() error { return m.error }

// explain gives the error of a read its class and its words.
func explain(k Key, err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return missing{fmt.Errorf("%s does not exist, or has no scale subresource", k)}
	case meta.IsNoMatchError(err):
		return missing{failure.Mistake(fmt.Errorf("no kind %s is served in %s", k.Kind.Kind, k.Kind.GroupVersion()))}
	case apierrors.IsForbidden(err):
		return failure.Mistake(fmt.Errorf("scale of %s may not be read: a ClusterRole with the label plimsoll.dev/aggregate-to-manager "+
			"has to grant get and patch on it", k))
	}
	return fmt.Errorf("reading %s: %w", k, err)
}
