package namespaces_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/webhook/namespaces"
)

func namespace(name, requests string) *metav1.PartialObjectMetadata {
	n := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"plimsoll.dev/enabled": "true"}}}
	if requests != "" {
		n.Annotations = map[string]string{"plimsoll.dev/requests": requests}
	}
	return n
}

func limitRange(namespace, name, cpu string) *corev1.LimitRange {
	l := &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	l.Spec.Limits = []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, Max: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}}}
	return l
}

// live is an API server with some namespaces, which counts how often it is asked.
func live(asked *int, there ...client.Object) client.Reader {
	return interceptor.NewClient(fake.NewClientBuilder().WithObjects(there...).Build(), interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			*asked++
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return c.Get(ctx, key, o, opts...)
		},
	})
}

func get(t *testing.T, x *namespaces.Index, name string) *resolve.Namespace {
	t.Helper()
	n, err := x.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// limits says which LimitRanges a namespace has, and what they allow.
func limits(n *resolve.Namespace) string {
	text := ""
	for _, l := range n.LimitRanges {
		text += l.Name + "=" + l.Spec.Limits[0].Max.Cpu().String() + " "
	}
	return strings.TrimSpace(text)
}

// TestIndexFollowsEvents: a narrative; each step is an event and what is known after it.
func TestIndexFollowsEvents(t *testing.T) {
	t.Parallel()
	asked := 0
	x := namespaces.NewIndex(live(&asked))
	for _, step := range []struct {
		what           string
		event          func()
		limits, amount string
		gone           bool
	}{
		{what: "limits come before their namespace", event: func() { x.SetLimitRange(limitRange("a", "z", "1")) }, gone: true},
		{what: "it comes", event: func() { x.SetNamespace(namespace("a", "cpu=100m")) }, limits: "z=1", amount: "100m"},
		{what: "more limits, in the order of their names", event: func() { x.SetLimitRange(limitRange("a", "b", "2")) }, limits: "b=2 z=1", amount: "100m"},
		{what: "another namespace's limits", event: func() { x.SetLimitRange(limitRange("other", "c", "9")) }, limits: "b=2 z=1", amount: "100m"},
		{what: "limits change", event: func() { x.SetLimitRange(limitRange("a", "b", "3")) }, limits: "b=3 z=1", amount: "100m"},
		{what: "an annotation changes", event: func() { x.SetNamespace(namespace("a", "cpu=200m")) }, limits: "b=3 z=1", amount: "200m"},
		{what: "limits go", event: func() { x.DeleteLimitRange("a", "b") }, limits: "z=1", amount: "200m"},
		{what: "all limits go", event: func() { x.DeleteLimitRange("a", "z") }, amount: "200m"},
		{what: "it goes", event: func() { x.DeleteNamespace("a") }, gone: true},
	} {
		step.event()
		n, err := x.Get(t.Context(), "a")
		if step.gone {
			if err == nil {
				t.Errorf("%s: there is %v", step.what, n)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if got := limits(n); got != step.limits {
			t.Errorf("%s: limits %q, want %q", step.what, got, step.limits)
		}
		if got := fmt.Sprint(n.Intent.Requests); !strings.Contains(got, step.amount) || !n.Enrolled() {
			t.Errorf("%s: requests %s, want %s", step.what, got, step.amount)
		}
	}
	if asked != 2 { // before it came and after it went
		t.Errorf("the API server was asked %d times, want 2", asked)
	}
}

// TestParsedOnce: requests share what was parsed when the namespace changed.
func TestParsedOnce(t *testing.T) {
	t.Parallel()
	x := namespaces.NewIndex(nil)
	x.SetNamespace(namespace("a", "cpu=100m"))
	if first, second := get(t, x, "a"), get(t, x, "a"); first != second {
		t.Error("parsed for each request")
	}
}

// TestJustCreated: no event has told of the namespace; the API server is asked once for each request until one does.
func TestJustCreated(t *testing.T) {
	t.Parallel()
	asked := 0
	x := namespaces.NewIndex(live(&asked, &corev1.Namespace{ObjectMeta: namespace("new", "cpu=100m").ObjectMeta}))
	x.SetLimitRange(limitRange("new", "l", "1"))
	n := get(t, x, "new")
	if !n.Enrolled() || !strings.Contains(fmt.Sprint(n.Intent.Requests), "100m") || limits(n) != "l=1" {
		t.Errorf("there is %+v", n)
	}
	x.SetNamespace(namespace("new", ""))
	get(t, x, "new")
	if asked != 1 {
		t.Errorf("the API server was asked %d times, want once", asked)
	}
}

func TestNotToBeHad(t *testing.T) {
	t.Parallel()
	asked := 0
	x := namespaces.NewIndex(live(&asked))
	if _, err := x.Get(t.Context(), "absent"); err == nil || !strings.Contains(err.Error(), `"absent" not found`) {
		t.Errorf("error %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Get(over, "absent"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that the time is over", err)
	}
}

// TestMistakesAreKept: a namespace with a malformed annotation is known, with what is right in it.
func TestMistakesAreKept(t *testing.T) {
	t.Parallel()
	x := namespaces.NewIndex(nil)
	x.SetNamespace(namespace("a", "cpu=lots"))
	if n := get(t, x, "a"); len(n.Problems) != 1 {
		t.Errorf("problems %v, want one", n.Problems)
	}
}

// TestConcurrency is for the race detector.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	x := namespaces.NewIndex(nil)
	x.SetNamespace(namespace("a", "cpu=100m"))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 100 {
				x.SetNamespace(namespace("a", fmt.Sprintf("cpu=%dm", i+1)))
				x.SetLimitRange(limitRange("a", "l", "1"))
				if n, err := x.Get(context.Background(), "a"); err != nil || n.Name != "a" {
					t.Error(n, err)
				}
			}
		})
	}
	wait.Wait()
	if diff := cmp.Diff("l=1", limits(get(t, x, "a"))); diff != "" {
		t.Error(diff)
	}
}
