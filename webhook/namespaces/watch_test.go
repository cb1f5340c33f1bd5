package namespaces_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/webhook/namespaces"
)

// TestWatchHandsEventsOn: what the informers tell reaches the index.
func TestWatchHandsEventsOn(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	scheme.AddKnownTypeWithName(corev1.SchemeGroupVersion.WithKind("Namespace"), &metav1.PartialObjectMetadata{})
	scheme.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.LimitRange{})
	informers := &informertest.FakeInformers{Scheme: scheme}
	w, err := namespaces.NewWatch(t.Context(), informers, live(new(int)))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Check(nil); err != nil {
		t.Errorf("%v, of informers that are filled", err)
	}
	metadata := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}}
	of, err := informers.FakeInformerFor(t.Context(), metadata)
	if err != nil {
		t.Fatal(err)
	}
	ofLimits, err := informers.FakeInformerFor(t.Context(), &corev1.LimitRange{})
	if err != nil {
		t.Fatal(err)
	}
	of.Add(namespace("a", "cpu=100m"))
	ofLimits.Add(limitRange("a", "l", "1"))
	if got := limits(get(t, w.Index, "a")); got != "l=1" {
		t.Errorf("limits %q, want l=1", got)
	}
	ofLimits.Update(limitRange("a", "l", "1"), limitRange("a", "l", "2"))
	if got := limits(get(t, w.Index, "a")); got != "l=2" {
		t.Errorf("limits %q, want l=2", got)
	}
	ofLimits.Delete(limitRange("a", "l", "2"))
	if got := limits(get(t, w.Index, "a")); got != "" {
		t.Errorf("limits %q, want none", got)
	}
	of.Delete(namespace("a", ""))
	if n, err := w.Get(t.Context(), "a"); err == nil {
		t.Errorf("there is %v", n)
	}
}

func TestTrim(t *testing.T) {
	t.Parallel()
	fields := []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	for name, tc := range map[string]struct{ object, want client.Object }{
		"a namespace keeps its labels and our annotations": {
			object: &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Name: "a", ManagedFields: fields, Finalizers: []string{"x"}, Labels: map[string]string{"team": "x"},
				Annotations: map[string]string{"plimsoll.dev/ttl": "1h", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
			}},
			want: &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Name: "a", Labels: map[string]string{"team": "x"}, Annotations: map[string]string{"plimsoll.dev/ttl": "1h"},
			}},
		},
		"a LimitRange keeps its limits": {
			object: func() client.Object {
				l := limitRange("a", "l", "1")
				l.ManagedFields, l.Labels = fields, map[string]string{"x": "y"}
				return l
			}(),
			want: limitRange("a", "l", "1"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := transform(tc.object)(tc.object)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(any(tc.want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// transform finds the one for an object's type.
func transform(object client.Object) toolscache.TransformFunc {
	for of, by := range namespaces.Trim() {
		_, wanted := object.(*corev1.LimitRange)
		if _, is := of.(*corev1.LimitRange); is == wanted {
			return by.Transform
		}
	}
	return nil
}
