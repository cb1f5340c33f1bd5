package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/test/cases"
)

// explained is what --explain -o json says of an object.
type explained struct {
	Reason, Skipped   string
	Denials, Warnings []string
	Changes           []struct{ Path, From, To, Key, Source, Detail string }
}

// TestCases runs the corpus through the command line: it says what the core says, and prints what the core makes.
func TestCases(t *testing.T) {
	for _, c := range cases.Load(t) {
		if c.Input.Operation != admit.Create {
			continue // files are taken for new objects
		}
		t.Run(strings.TrimSuffix(c.Path, ".yaml"), func(t *testing.T) {
			// The case says by its Namespace where the object is.
			c.Object = bytes.ReplaceAll(c.Object, []byte("namespace: "+cases.DefaultNamespace), []byte("namespace: "+c.Input.Namespace.Name))
			args := []string{"-f", "-", "-n", c.Input.Namespace.Name}
			if about := aboutNamespace(&c); about != "" {
				args = append(args, "--namespace-file", write(t, t.TempDir(), "ns.yaml", about))
			}
			checkSays(t, &c, run(t, string(c.Object), append(args, "--explain", "-o", "json")...))
			checkPrints(t, &c, run(t, string(c.Object), args...))
		})
	}
}

func aboutNamespace(c *cases.Case) string {
	var docs []string
	if len(c.Namespace) > 0 {
		docs = append(docs, "apiVersion: v1\nkind: Namespace\n"+withoutHead(c.Namespace))
	}
	for _, l := range c.LimitRanges {
		docs = append(docs, "apiVersion: v1\nkind: LimitRange\n"+withoutHead(l))
	}
	return strings.Join(docs, "---\n")
}

// withoutHead leaves out apiVersion and kind, which not all cases have.
func withoutHead(text []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "apiVersion:") && !strings.HasPrefix(line, "kind:") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func checkSays(t *testing.T, c *cases.Case, got result) {
	t.Helper()
	var all []explained
	if err := json.Unmarshal([]byte(got.out), &all); err != nil || len(all) != 1 {
		t.Fatalf("%v: %d explanations in %s%s", err, len(all), got.out, got.err)
	}
	outcome := admit.Review(c.Input)
	want := explained{
		Reason: outcome.Reason.String(), Skipped: outcome.Skipped, Denials: outcome.Denials, Warnings: outcome.Warnings,
	}
	for _, ch := range outcome.Changes {
		want.Changes = append(want.Changes, struct{ Path, From, To, Key, Source, Detail string }{
			ch.Path, ch.From, ch.To, ch.Key.String(), ch.Source.String(), ch.Detail,
		})
	}
	if subject.KindOf(kindOf(t, c.Object)) == subject.Other {
		all[0].Warnings = nil // of a kind that admission never sees, the command line says more
	}
	if diff := cmp.Diff(want, all[0]); diff != "" {
		t.Errorf("explanation (-core +command line):\n%s", diff)
	}
}

func checkPrints(t *testing.T, c *cases.Case, got result) {
	t.Helper()
	if len(c.Expect.Denials) > 0 {
		if got.code != exitcode.Denied || got.out != "" {
			t.Errorf("exit code %d, want %d and nothing on standard output:\n%s", got.code, exitcode.Denied, got.out)
		}
	} else if got.code != exitcode.OK {
		t.Fatalf("exit code %d: %s", got.code, got.err)
	}
	for _, text := range append(c.Expect.Denials, c.Expect.Warnings...) {
		if !strings.Contains(got.err, text) {
			t.Errorf("standard error does not say %q:\n%s", text, got.err)
		}
	}
	switch {
	case len(c.Expect.Denials) > 0:
	case len(admit.Review(c.Input).Ops) == 0:
		if diff := cmp.Diff(string(c.Object), got.out); diff != "" {
			t.Errorf("an object that needs nothing came out differently (-in +out):\n%s", diff)
		}
	case len(c.Result) > 0:
		if diff := cmp.Diff(object(t, string(c.Result)), object(t, got.out)); diff != "" {
			t.Errorf("the object (-want +got):\n%s", diff)
		}
	}
}

func kindOf(t *testing.T, text []byte) (apiVersion, kind string) {
	t.Helper()
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	return head.APIVersion, head.Kind
}

func object(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(fmt.Errorf("%w in %s", err, text))
	}
	return v
}
