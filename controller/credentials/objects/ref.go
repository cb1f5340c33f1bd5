package objects

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Ref names one object.
type Ref struct {
	Kind schema.GroupVersionKind
	// Namespace is empty for kinds without one.
	Namespace, Name string
}

// String names the object as Kubernetes does in its messages, without the namespace, as in `secret "redis-auth"`.
func (r Ref) String() string {
	kind := r.Kind.Kind
	if r.Kind.Group == "" {
		kind = strings.ToLower(kind)
	}
	return fmt.Sprintf("%s %q", kind, r.Name)
}

// object makes an empty object of the kind: of its Go type where the scheme has one.
func (r Ref) object(scheme *runtime.Scheme) client.Object {
	if typed, err := scheme.New(r.Kind); err == nil {
		if o, ok := typed.(client.Object); ok {
			return o
		}
	}
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(r.Kind)
	return u
}

// list makes an empty list of the kind.
func (r Ref) list(scheme *runtime.Scheme) client.ObjectList {
	kind := r.Kind
	kind.Kind += "List"
	if typed, err := scheme.New(kind); err == nil {
		if l, ok := typed.(client.ObjectList); ok {
			return l
		}
	}
	u := &unstructured.UnstructuredList{}
	u.SetGroupVersionKind(kind)
	return u
}
