package targets

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The count of a kind that is not ours lies where its definition says, behind its scale subresource, which cannot be watched.
// Its metadata can: while the resourceVersion is the one that the scale was read at, there is nothing to read.

// verdict is whether a kind may be listed, as of a time.
type verdict struct {
	yes bool
	at  time.Time
}

const (
	// askAgain is how long a kind that may not be listed is left alone: somebody may grant it.
	askAgain = 5 * time.Minute
	// syncTime is how long a new informer is waited for.
	syncTime = 2 * time.Second
)

// version gives the resourceVersion of an object, from an informer; "" where it is not there. It is not known where the kind may
// not be listed, or is only just being listed.
func (r *Reader) version(ctx context.Context, k Key) (version string, known bool) {
	if r.Cached == nil || !r.mayList(ctx, k.Kind) {
		return "", false
	}
	ctx, cancel := context.WithTimeout(ctx, syncTime)
	defer cancel()
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(k.Kind)
	err := r.Cached.Get(ctx, client.ObjectKey{Namespace: k.Namespace, Name: k.Name}, object)
	switch {
	case apierrors.IsNotFound(err):
		return "", true
	case err != nil:
		return "", false
	}
	return object.ResourceVersion, true
}

// mayList tries it. An informer would go on trying for ever.
func (r *Reader) mayList(ctx context.Context, kind schema.GroupVersionKind) bool {
	r.mu.Lock()
	v, known := r.listable[kind]
	r.mu.Unlock()
	if known && (v.yes || r.Clock.Since(v.at) < askAgain) {
		return v.yes
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	err := r.Live.List(ctx, list, client.Limit(1))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listable == nil {
		r.listable = map[schema.GroupVersionKind]verdict{}
	}
	r.listable[kind] = verdict{yes: err == nil, at: r.Clock.Now()}
	return err == nil
}

// newer tells whether a version is later than another, or is of an object that is not there. What cannot be compared is.
func newer(version, than string) bool {
	if version == "" {
		return true
	}
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err != nil || order > 0
}
