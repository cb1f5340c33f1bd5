package conflict

import (
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	metadatafake "k8s.io/client-go/metadata/fake"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

func web() targets.Key {
	return targets.Key{Namespace: "ns", Kind: targets.DeploymentKind(), Name: "web"}
}

func autoscalerOf(name, apiVersion, target string) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
			APIVersion: apiVersion, Kind: "Deployment", Name: target,
		}},
	}
}

func TestHPAs(t *testing.T) {
	for name, test := range map[string]struct {
		hpa  *autoscalingv2.HorizontalPodAutoscaler
		want string
	}{
		"on the target":            {autoscalerOf("a", "apps/v1", "web"), `HorizontalPodAutoscaler "a"`},
		"by another version":       {autoscalerOf("a", "apps/v1beta2", "web"), `HorizontalPodAutoscaler "a"`},
		"on another target":        {autoscalerOf("a", "apps/v1", "other"), ""},
		"on a kind of other group": {autoscalerOf("a", "example.com/v1", "web"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Rivals{}
			r.HPAs().OnAdd(test.hpa, true)
			got, found := r.Rival(web())
			if found != (test.want != "") || found && got != test.want {
				t.Errorf("rival %q, %v; want %q", got, found, test.want)
			}
		})
	}
}

func TestRivalsComeAndGo(t *testing.T) {
	var told []string
	r := &Rivals{Changed: func(k targets.Key) { told = append(told, k.Name) }}
	events := r.HPAs()
	first := autoscalerOf("a", "apps/v1", "web")
	events.OnAdd(first, true)
	events.OnUpdate(first, first)
	events.OnAdd(autoscalerOf("b", "apps/v1", "web"), false)
	events.OnUpdate(first, autoscalerOf("a", "apps/v1", "other")) // it goes elsewhere
	if got, _ := r.Rival(web()); got != `HorizontalPodAutoscaler "b"` {
		t.Errorf("rival is %s, want b", got)
	}
	events.OnDelete(autoscalerOf("b", "apps/v1", "web"))
	if got, found := r.Rival(web()); found {
		t.Errorf("%s is still there", got)
	}
	want := []string{"web", "web", "web", "other", "web"}
	if len(told) != len(want) {
		t.Errorf("told of %v, want %v", told, want)
	}
	events.OnDelete(autoscalerOf("a", "apps/v1", "other"))
	if len(r.on) != 0 || len(r.has) != 0 {
		t.Errorf("left over: %v, %v", r.on, r.has)
	}
}

func scaledObjectOf(name string, ref map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": map[string]any{"namespace": "ns", "name": name},
		"spec": map[string]any{"scaleTargetRef": ref, "triggers": []any{map[string]any{"type": "cron"}}},
	}}
}

func definition() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apiextensions.k8s.io/v1", Kind: "CustomResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{Name: "scaledobjects.keda.sh"},
	}
}

// TestScaledObjects: they are looked for when their kind comes, and forgotten when it goes.
func TestScaledObjects(t *testing.T) {
	r := &Rivals{}
	scheme := metadatafake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	meta := metadatafake.NewSimpleMetadataClient(scheme)
	objects := dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(),
		map[schema.GroupVersionResource]string{scaledObjects(): "ScaledObjectList"}, scaledObjectOf("a", map[string]any{"name": "web"}))
	s := &ScaledObjects{Rivals: r, Metadata: meta, Dynamic: objects, Served: func() bool { return true }}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "an answer without KEDA", s.HasSynced)
	if len(objects.Actions()) != 0 {
		t.Fatalf("without KEDA it was asked for: %v", objects.Actions())
	}
	if err := meta.Tracker().Add(definition()); err != nil {
		t.Fatal(err)
	}
	rival := func() bool { _, found := r.Rival(web()); return found }
	await(t, "the ScaledObject", rival)
	await(t, "all of them", s.HasSynced)
	r.HPAs().OnAdd(autoscalerOf("aaa", "apps/v1", "web"), false)
	if got, _ := r.Rival(web()); got != `ScaledObject "a"` {
		t.Errorf("rival is %s: what KEDA made is named and not the ScaledObject", got)
	}
	r.HPAs().OnDelete(autoscalerOf("aaa", "apps/v1", "web"))
	if err := meta.Tracker().Delete(definitions(), "", "scaledobjects.keda.sh"); err != nil {
		t.Fatal(err)
	}
	await(t, "nothing", func() bool { return !rival() })
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("did not come: %s", what)
}
