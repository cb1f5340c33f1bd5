package handler_test

import (
	"encoding/json"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/test/cases"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
)

// TestCases: over HTTP, every case of the corpus comes out as the corpus says: the same patch, the same words.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range cases.Load(t) {
		t.Run(strings.TrimSuffix(c.Path, ".yaml"), func(t *testing.T) {
			t.Parallel()
			name := c.Input.Namespace.Name
			w := serve(t, handler.Options{Review: admit.Review, Namespaces: known{name: c.Input.Namespace}, Platform: c.Input.Platform})
			response := w.review(t, request{
				namespace: name, operation: admissionv1.Operation(c.Input.Operation),
				object: string(c.Input.Object), old: string(c.Input.OldObject),
			})
			compare(t, &c, response)
		})
	}
}

func compare(t *testing.T, c *cases.Case, response *admissionv1.AdmissionResponse) {
	t.Helper()
	if want := len(c.Expect.Denials) == 0; response.Allowed != want {
		t.Fatalf("allowed is %t, want %t", response.Allowed, want)
	}
	if len(c.Expect.Denials) > 0 {
		for _, denial := range c.Expect.Denials {
			if !strings.Contains(response.Result.Message, denial) {
				t.Errorf("message %q, want in it %q", response.Result.Message, denial)
			}
		}
	}
	if diff := cmp.Diff(c.Expect.Warnings, response.Warnings, cmpopts.EquateEmpty(), cmp.Comparer(upToCut)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if response.Allowed {
		compareObjects(t, c, response.Patch)
	}
}

// upToCut compares a warning with what is left of it.
func upToCut(a, b string) bool {
	cutA, isCutA := strings.CutSuffix(a, "…")
	cutB, isCutB := strings.CutSuffix(b, "…")
	return a == b || isCutA && strings.HasPrefix(b, cutA) || isCutB && strings.HasPrefix(a, cutB)
}

func compareObjects(t *testing.T, c *cases.Case, raw []byte) {
	t.Helper()
	core := admit.Review(c.Input)
	var want []byte
	if len(core.Ops) > 0 {
		var err error
		if want, err = json.Marshal(core.Ops); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want), string(raw)); diff != "" {
		t.Errorf("patch (-core +answer):\n%s", diff)
	}
	if len(c.Result) == 0 {
		return
	}
	result, err := applyJSON(c.Input.Object, raw)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(generic(t, c.Result), generic(t, result)); diff != "" {
		t.Errorf("object (-want +got):\n%s", diff)
	}
}

func generic(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// applyJSON patches an object as the API server does, where there is a patch.
func applyJSON(object, raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return object, nil
	}
	p, err := jsonpatch.DecodePatch(raw)
	if err != nil {
		return nil, err
	}
	return p.Apply(object)
}
