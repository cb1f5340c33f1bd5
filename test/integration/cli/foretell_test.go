package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// change is what both the explanation and the stamp say of one change.
type change struct {
	Path string `json:"path"`
	To   string `json:"to"`
}

// foretells applies every example, and holds the record that admission left in it against what render had explained.
func foretells(t *testing.T, e *env) {
	root, err := cluster.Root()
	must(t, err)
	files, err := filepath.Glob(filepath.Join(root, "manifests", "examples", "*.yaml"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no examples")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			explained := e.run(t, nobody(), "render", "-f", file, "--explain", "-o", "json")
			var all []struct {
				Kind, Namespace, Name string
				Changes               []change
			}
			must(t, json.Unmarshal([]byte(explained.out), &all))
			text, err := os.ReadFile(file)
			must(t, err)
			e.apply(t, string(text))
			for _, object := range all {
				out, err := e.cluster.Kubectl(t.Context(), "get", object.Kind, object.Name, "-n", object.Namespace, "-o", "yaml")
				must(t, err)
				if diff := cmp.Diff(sorted(object.Changes), sorted(stamped(t, out))); diff != "" {
					t.Errorf("%s %s (-render +admission):\n%s", object.Kind, object.Name, diff)
				}
			}
		})
	}
}

func stamped(t *testing.T, text string) []change {
	t.Helper()
	var object metav1.PartialObjectMetadata
	must(t, yaml.Unmarshal([]byte(text), &object))
	stamp := object.Annotations[intent.AppliedAnnotation]
	if stamp == "" {
		return nil
	}
	var applied struct{ Changes []change }
	must(t, json.Unmarshal([]byte(stamp), &applied))
	return applied.Changes
}

func sorted(changes []change) []change {
	slices.SortFunc(changes, func(a, b change) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return changes
}
