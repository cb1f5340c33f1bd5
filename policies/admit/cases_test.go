package admit_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/test/cases"
)

var update = flag.Bool("update", false, "write what the reviews say into the cases; read them afterwards")

// TestCases holds every case of the corpus against what the review says, and against what every review promises.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, c := range cases.Load(t) {
		t.Run(strings.TrimSuffix(c.Path, ".yaml"), func(t *testing.T) {
			t.Parallel()
			outcome := admit.Review(c.Input)
			result := apply(t, c.Input.Object, outcome.Ops)
			if *update {
				write(t, &c, &outcome, result)
				return
			}
			compare(t, &c, &outcome, result)
			promises(t, c.Input, &outcome, result)
		})
	}
}

func compare(t *testing.T, c *cases.Case, outcome *admit.Outcome, result []byte) {
	t.Helper()
	if diff := cmp.Diff(c.Expect, cases.ExpectOf(outcome)); diff != "" {
		t.Errorf("the review says something else (-want +got):\n%s", diff)
	}
	if len(c.Result) > 0 {
		if diff := cmp.Diff(generic(t, c.Result), generic(t, result)); diff != "" {
			t.Errorf("the object comes out differently (-want +got):\n%s", diff)
		}
	}
	said := len(outcome.Denials) + len(outcome.Warnings)
	if c.Pass && said > 0 {
		t.Errorf("a case that passes is denied or warned of: %q %q", outcome.Denials, outcome.Warnings)
	}
	if !c.Pass && said == 0 && outcome.Skipped == "" {
		t.Error("a case that fails is neither denied nor warned of")
	}
	if key, ok := keyNamed(c.Rule); ok && !c.Pass && !strings.Contains(strings.Join(append(outcome.Denials, outcome.Warnings...), "\n"), key) {
		t.Errorf("nothing that is said names %s", key)
	}
}

// TestEveryKeyHasCases fails when a key of the table has no case that passes or none that fails.
func TestEveryKeyHasCases(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, c := range cases.Load(t) {
		if key, ok := keyNamed(c.Rule); ok && strings.Contains(string(c.Object)+string(c.Namespace), key) {
			have[c.Rule+map[bool]string{true: "/pass", false: "/fail"}[c.Pass]] = true
		}
	}
	for _, key := range intent.Keys() {
		for _, folder := range []string{"/pass", "/fail"} {
			if !have[key.Name+folder] {
				t.Errorf("test/cases/%s%s: no case uses the key", key.Name, folder)
			}
		}
	}
}

func keyNamed(rule string) (string, bool) {
	for _, key := range intent.Keys() {
		if key.Name == rule {
			return intent.Prefix + rule, true
		}
	}
	return "", false
}

func write(t *testing.T, c *cases.Case, outcome *admit.Outcome, result []byte) {
	t.Helper()
	if !outcome.Allowed() || outcome.Reason == "NotEnrolled" {
		result = nil
	}
	text, err := c.Golden(cases.ExpectOf(outcome), result)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "..", "test", "cases", c.Path), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// apply patches an object as the API server does.
func apply(t testing.TB, object []byte, ops []patch.Op) []byte {
	t.Helper()
	out, err := cases.Apply(object, ops)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func generic(t testing.TB, text []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
