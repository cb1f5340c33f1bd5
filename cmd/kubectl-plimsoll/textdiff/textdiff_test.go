package textdiff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
	"github.com/google/go-cmp/cmp"
)

func TestUnified(t *testing.T) {
	for name, tc := range map[string]struct{ before, after, want string }{
		"the same":     {"a\n", "a\n", ""},
		"added":        {"a\nc\n", "a\nb\nc\n", "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n+b\n c\n"},
		"no line end":  {"a", "b", "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"},
		"moved":        {"a\nb\nc\n", "c\na\nb\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n+c\n a\n b\n-c\n"},
		"a line twice": {"a\nb\nb\n", "a\nb\n", "--- f\n+++ f\n@@ -1,3 +1,2 @@\n a\n b\n-b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Unified("f", []string{tc.before}, []string{tc.after})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestManyAlike: of a thousand objects that resemble each other, each has its own change and nothing else.
func TestManyAlike(t *testing.T) {
	var before, after strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&before, "- name: %d\n  spec:\n    a: b\n    c: {}\n    d: e\n", i)
		fmt.Fprintf(&after, "- name: %d\n  spec:\n    a: b\n    c:\n      x: y\n    d: e\n", i)
	}
	text, err := Unified("f", []string{before.String()}, []string{after.String()})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, "\n-"); n != 1000 {
		t.Errorf("%d lines are taken away, want 1000", n)
	}
}

func TestChanged(t *testing.T) {
	got, err := Changed("a: 1\nb: 2\n", "a: 1\nb: 3\n")
	if want := " a: 1\n-b: 2\n+b: 3\n"; err != nil || got != want {
		t.Errorf("%v, %q, want %q", err, got, want)
	}
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	text := "--- f\n+++ f\n@@ -1 +1 @@\n a\n-" + strings.Repeat("b", 300) + "\n+c\n"
	if err := Print(&b, text, true); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1m--- f\x1b[0m\n\x1b[1m+++ f\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n a\n" +
		"\x1b[31m-" + strings.Repeat("b", 159) + "…\x1b[0m\n\x1b[32m+c\x1b[0m\n"
	if b.String() != want {
		t.Errorf("%q", cmp.Diff(want, b.String()))
	}
	b.Reset()
	if err := Print(&b, text, false); err != nil || b.String() != text {
		t.Errorf("%v, without colours a diff is what it is:\n%q", err, b.String())
	}
}

// FuzzUnified: a diff, applied, gives the other text.
func FuzzUnified(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nc\nb\n")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, before, after string) {
		got, err := udiff.Apply(before, compare(before, after, 0))
		if err != nil || got != after {
			t.Errorf("%v: %q became %q and not %q", err, before, got, after)
		}
	})
}
