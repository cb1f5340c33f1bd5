package annotate_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/root"
)

const web = `# what people see
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the only one
  annotations:
    plimsoll.dev/max-replicas: "5"   # enough

    plimsoll.dev/memory:   80%
spec:
  template: {spec: {containers: [{name: app, image: web:1}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
`

type result struct {
	code     int
	out, err string
}

// terminal is a person who answers.
type terminal struct{ io.Reader }

// IsTerminal makes the program ask.
func (terminal) IsTerminal() bool { return true }

func run(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	// A cluster that is asked by mistake answers with an error, not with the developer's own.
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	var out, errs bytes.Buffer
	code := root.Run(t.Context(), root.Streams{In: stdin, Out: &out, Err: &errs}, append([]string{"annotate"}, args...))
	return result{code, out.String(), errs.String()}
}

func TestLocalPrintsTheFileWithTheAnnotations(t *testing.T) {
	got := run(t, strings.NewReader(web), "-f", "-", "--local", "--cpu", "70%", "--max", "10", "memory-")
	want := strings.Replace(web, `"5"   # enough`, `"10"   # enough`, 1)
	want = strings.Replace(want, "    plimsoll.dev/memory:   80%\n", "    plimsoll.dev/cpu: 70%\n", 1)
	if diff := cmp.Diff(result{out: want}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(web), 0o640); err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", file, "--local", "--in-place", "--max", "10"}
	want := strings.Replace(web, `"5"`, `"10"`, 1)
	for _, step := range []struct {
		name  string
		stdin io.Reader
		more  string
		code  int
		says  string
		after string
	}{
		{"nobody to ask", strings.NewReader(""), "", exitcode.Mistaken, "--yes writes without asking", web},
		{"a dry run", strings.NewReader(""), "--dry-run", exitcode.OK, "edited (dry run)", web},
		{"a no", terminal{strings.NewReader("n\n")}, "", exitcode.Denied, "nothing was written", web},
		{"a yes", terminal{strings.NewReader("y\n")}, "", exitcode.OK, "+    plimsoll.dev/max-replicas: \"10\"   # enough\n", want},
		{"once more", strings.NewReader(""), "", exitcode.OK, "", want},
	} {
		all := args
		if step.more != "" {
			all = slices.Concat(args, []string{step.more})
		}
		got := run(t, step.stdin, all...)
		if got.code != step.code || !strings.Contains(got.out+got.err, step.says) {
			t.Errorf("%s: exit code %d, want %d, and %q in\n%s%s", step.name, got.code, step.code, step.says, got.out, got.err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.after, string(text)); diff != "" {
			t.Errorf("%s: the file (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestLocalRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		args []string
		code int
		want string
	}{
		"no file":              {"", []string{"--local", "--max", "3"}, exitcode.Mistaken, "say which by -f"},
		"an object":            {"", []string{"--local", "-f", "-", "deploy/x", "--max", "3"}, exitcode.Mistaken, "and nothing else"},
		"a server":             {"", []string{"--local", "-f", "-", "--dry-run=server", "--max", "3"}, exitcode.Mistaken, "asks no server"},
		"in place of what":     {"", []string{"--in-place", "-f", "-", "--max", "3"}, exitcode.Mistaken, "goes with --local"},
		"no workload":          {"apiVersion: v1\nkind: Service\n", []string{"--local", "-f", "-", "--max", "3"}, exitcode.Mistaken, "no workload"},
		"a value":              {web, []string{"--local", "-f", "-", "--max", "0"}, exitcode.Mistaken, "below 1; legal is"},
		"what admission would": {web, []string{"--local", "-f", "-", "--min", "9"}, exitcode.Denied, "standard input:2 (document 1): Deployment web: plimsoll.dev/min-replicas"},
		"another kind's":       {web, []string{"--local", "-f", "-", "--ttl", "1h"}, exitcode.Denied, "no meaning on a Deployment"},
		"a dry run of what":    {"", []string{"deploy/x", "--dry-run=maybe", "--max", "3"}, exitcode.Mistaken, "legal are none, client, server"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, strings.NewReader(tc.in), tc.args...)
			if got.code != tc.code || got.out != "" || !strings.Contains(got.err, tc.want) {
				t.Errorf("exit code %d, want %d and %q in\n%s%s", got.code, tc.code, tc.want, got.out, got.err)
			}
		})
	}
}

// TestNamespacesAreAnnotatedWhereTheyStandAlone: beside workloads they are scenery.
func TestNamespacesAreAnnotatedWhereTheyStandAlone(t *testing.T) {
	namespace := "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n"
	got := run(t, strings.NewReader(namespace), "-f", "-", "--local", "--max", "3")
	if want := namespace + "  annotations:\n    plimsoll.dev/max-replicas: \"3\"\n"; got.out != want {
		t.Errorf("(-want +got):\n%s%s", cmp.Diff(want, got.out), got.err)
	}
	got = run(t, strings.NewReader(namespace+"---\n"+web), "-f", "-", "--local", "--max", "3")
	if want := namespace + "---\n" + strings.Replace(web, `"5"`, `"3"`, 1); got.out != want {
		t.Errorf("(-want +got):\n%s%s", cmp.Diff(want, got.out), got.err)
	}
}

func TestBareNumberIsHintedAt(t *testing.T) {
	got := run(t, strings.NewReader(web), "-f", "-", "--local", "--cpu", "70")
	if want := "Warning: plimsoll.dev/cpu: 70 is 70 cores for each pod; 70% is of its request\n"; got.err != want || got.code != exitcode.OK {
		t.Errorf("exit code %d, %q, want %q", got.code, got.err, want)
	}
}
