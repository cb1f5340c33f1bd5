package yamledit

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// FuzzApply looks for texts on which editing panics. That the result is right, Apply proves itself.
func FuzzApply(f *testing.F) {
	f.Add("a:\n  b: {c: 1} # d\n", "/a/b/e", "x")
	f.Add("a: &x {b: [1, '2']}\nc: *x\n", "/c/b/-", "y: z")
	f.Add("--- # e\n- a: |\n    b\n", "/0/a", "")
	f.Add("{\"a\": \"b\"}", "/a", "\u00e9")
	f.Fuzz(func(t *testing.T, text, path, value string) {
		for _, op := range []string{"add", "replace", "remove"} {
			edited, err := Apply([]byte(text), []patch.Op{{Op: op, Path: path, Value: value}})
			if err == nil && len(edited) == 0 && len(text) > 0 {
				t.Errorf("%s of %q emptied %q", op, path, text)
			}
		}
	})
}
