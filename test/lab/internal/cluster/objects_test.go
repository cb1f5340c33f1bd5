package cluster

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
)

func objectsOf(t *testing.T, p plan) []*unstructured.Unstructured {
	t.Helper()
	if err := writeCredentials(p.dir, "https://127.0.0.1:3"); err != nil {
		t.Fatal(err)
	}
	objects, err := p.objects()
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestObjects wants every object to be of a kind that the lab knows how to create, and to have no name twice.
func TestObjects(t *testing.T) {
	seen := map[string]bool{}
	for _, o := range objectsOf(t, newPlan(t, nil)) {
		if _, ok := resources()[o.GroupVersionKind().GroupKind()]; !ok {
			t.Errorf("%s %s: its kind is not in the table", o.GetKind(), o.GetName())
		}
		if id := o.GetKind() + "/" + o.GetName(); o.GetName() == "" || seen[id] {
			t.Errorf("%s has no name, or is there twice", id)
		} else {
			seen[id] = true
		}
	}
}

func TestNodes(t *testing.T) {
	p := newPlan(t, func(c *Config) {
		c.Nodes = 4
		c.Capacity["example.com/gpu"] = "2"
	})
	zones := map[string]string{}
	for _, o := range objectsOf(t, p) {
		if o.GetKind() != "Node" {
			continue
		}
		zones[o.GetName()] = o.GetLabels()["topology.kubernetes.io/zone"]
		for _, field := range []string{"capacity", "allocatable"} {
			got, _, err := unstructured.NestedStringMap(o.Object, "status", field)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p.config.Capacity, got); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", field, o.GetName(), diff)
			}
		}
	}
	want := map[string]string{"node-0": "lab-a", "node-1": "lab-b", "node-2": "lab-c", "node-3": "lab-a"}
	if diff := cmp.Diff(want, zones); diff != "" {
		t.Errorf("zones (-want +got):\n%s", diff)
	}
}

// TestKwokConfigIsRead wants all that the simulation is made of to be there, under names that a user's own file can refer to.
func TestKwokConfigIsRead(t *testing.T) {
	objects, err := render("objects/kwok.yaml", nil)
	if err == nil {
		t.Fatalf("its templates are KWOK's, but it is filled in as the lab's: %d objects", len(objects))
	}
	text, err := objectFiles.ReadFile("objects/kwok.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"node-initialize", "node-heartbeat-with-lease", "pod-start", "pod-become-ready", "pod-complete", "pod-delete",
		"usage-from-annotations", "metrics-resource",
	} {
		if !strings.Contains(string(text), "\n  name: "+want+"\n") {
			t.Errorf("nothing in it is called %s", want)
		}
	}
}

func TestControllerAccounts(t *testing.T) {
	client := fakeClient(binding("system:controller:job-controller"), binding("system:controller:deployment-controller"), binding("system:node"))
	accounts, err := controllerAccounts(context.Background(), client)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, a := range accounts {
		names[a.GetNamespace()+"/"+a.GetName()] = true
	}
	want := map[string]bool{"kube-system/job-controller": true, "kube-system/deployment-controller": true}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

func TestNodesReady(t *testing.T) {
	ready, tainted, lost := node("a", "True"), node("b", "True"), node("c", "Unknown")
	taint := map[string]any{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
	if err := unstructured.SetNestedSlice(tainted.Object, []any{taint}, "spec", "taints"); err != nil {
		t.Fatal(err)
	}
	client := fakeClient(ready, tainted, lost)
	if err := nodesReady(context.Background(), client, 1); err != nil {
		t.Errorf("one is wanted and ready: %v", err)
	}
	if err := nodesReady(context.Background(), client, 2); err == nil || !strings.Contains(err.Error(), "1 of 2") {
		t.Errorf("two are wanted, one can be used: %v", err)
	}
}

func TestLinkPrograms(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bin")
	for range 2 { // the second time, there are links already
		if err := LinkPrograms(dir); err != nil {
			t.Fatal(err)
		}
	}
	if target, err := os.Readlink(filepath.Join(dir, "kubectl")); err != nil || !filepath.IsAbs(target) {
		t.Errorf("kubectl leads to %q, %v", target, err)
	}
	program := filepath.Join(dir, "etcd")
	if err := os.Remove(program); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("a real one"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := LinkPrograms(dir); err == nil {
		t.Error("a real program was replaced by a link, or left in its place without a word")
	}
	if text, _ := os.ReadFile(program); string(text) != "a real one" {
		t.Error("the real program was lost")
	}
}

func node(name, ready string) *unstructured.Unstructured {
	return object("v1", "Node", name, map[string]any{
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": ready}}},
	})
}

func binding(name string) *unstructured.Unstructured {
	b := object(rbacGroup+"/v1", "ClusterRoleBinding", name, nil)
	b.SetLabels(map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"})
	return b
}

func object(apiVersion, kind, name string, fields map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{}}
	maps.Copy(o.Object, fields)
	o.SetAPIVersion(apiVersion)
	o.SetKind(kind)
	o.SetName(name)
	return o
}

func fakeClient(objects ...runtime.Object) *fake.FakeDynamicClient {
	kinds := map[schema.GroupVersionResource]string{}
	for gk, gvr := range resources() {
		kinds[gvr] = fmt.Sprintf("%sList", gk.Kind)
	}
	return fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), kinds, objects...)
}
