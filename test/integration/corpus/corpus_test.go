// Package corpus holds the golden corpus of admission against a real API server: what it takes as the user wrote it, it takes
// as Plimsoll completes it; and what it then has filled in itself needs no further completing.
package corpus

import (
	"context"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/test/cases"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

func TestAPIServerTakesWhatPlimsollMakes(t *testing.T) {
	if testing.Short() {
		t.Skip("needs an API server")
	}
	objects := start(t)
	taken := 0
	for _, c := range cases.Load(t) {
		outcome := admit.Review(c.Input)
		if outcome.Reason != reason.Completed {
			continue
		}
		t.Run(c.Path, func(t *testing.T) {
			if _, err := objects.create(t, c.Input.Object); err != nil {
				t.Skipf("the API server does not take the object as it is: %v", err)
			}
			taken++
			patched, err := cases.Apply(c.Input.Object, outcome.Ops)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := objects.create(t, patched)
			if err != nil {
				t.Fatalf("the API server refuses the object as Plimsoll completes it: %v\n%s", err, patched)
			}
			isDone(t, c.Input, stored)
		})
	}
	if taken < 60 {
		t.Errorf("the API server took only %d objects: too few to mean anything", taken)
	}
}

// isDone: the stored object, with all that the API server has filled in, needs nothing more: neither when another webhook
// has it reviewed again, nor at the next update.
func isDone(t *testing.T, in admit.Input, stored []byte) {
	t.Helper()
	again := in
	again.Object = stored
	if o := admit.Review(again); len(o.Changes) > 0 {
		t.Errorf("reviewed again, the stored object changes: %v", o.Changes)
	}
	again.Operation, again.OldObject = admit.Update, stored
	if o := admit.Review(again); len(o.Ops) > 0 || !o.Allowed() {
		t.Errorf("an update that changes nothing changes the stored object: %v %q", o.Ops, o.Denials)
	}
}

type server struct {
	client dynamic.Interface
}

func start(t *testing.T) *server {
	t.Helper()
	c, err := cluster.Up(t.Context(), cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	config, err := c.REST()
	must(t, err)
	config.QPS, config.Burst = 500, 500
	typed, err := kubernetes.NewForConfig(config)
	must(t, err)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: cases.DefaultNamespace}}
	_, err = typed.CoreV1().Namespaces().Create(t.Context(), ns, metav1.CreateOptions{})
	must(t, err)
	client, err := dynamic.NewForConfig(config)
	must(t, err)
	return &server{client: client}
}

// create asks the API server for the object as it would be stored, without storing it.
func (s *server) create(t *testing.T, raw []byte) ([]byte, error) {
	t.Helper()
	u := &unstructured.Unstructured{}
	must(t, json.Unmarshal(raw, &u.Object))
	withSelector(u)
	unstructured.RemoveNestedField(u.Object, "metadata", "managedFields")
	resource := map[string]schema.GroupVersionResource{
		"Deployment":  {Group: "apps", Version: "v1", Resource: "deployments"},
		"StatefulSet": {Group: "apps", Version: "v1", Resource: "statefulsets"},
		"Job":         {Group: "batch", Version: "v1", Resource: "jobs"},
		"CronJob":     {Group: "batch", Version: "v1", Resource: "cronjobs"},
	}[u.GetKind()]
	options := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationIgnore}
	out, err := s.client.Resource(resource).Namespace(cases.DefaultNamespace).Create(t.Context(), u, options)
	if apierrors.IsTooManyRequests(err) || apierrors.IsServerTimeout(err) {
		t.Fatal(err)
	}
	if err != nil {
		return nil, err
	}
	return out.MarshalJSON()
}

// withSelector adds what the founding document's manifests leave out: the API server wants a selector.
func withSelector(u *unstructured.Unstructured) {
	if u.GetAPIVersion() != "apps/v1" {
		return
	}
	if _, found, _ := unstructured.NestedMap(u.Object, "spec", "selector"); !found {
		labels := map[string]any{"app": "web"}
		_ = unstructured.SetNestedMap(u.Object, labels, "spec", "selector", "matchLabels")
		_ = unstructured.SetNestedMap(u.Object, labels, "spec", "template", "metadata", "labels")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
