package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/root"
)

// result is how one run of the program went.
type result struct {
	code     int
	out, err string
}

// run runs the program in this process.
func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	streams := root.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs}
	code := root.Run(t.Context(), streams, append([]string{"render"}, args...))
	return result{code, out.String(), errs.String()}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const job = `# A job that is kept for an hour.
apiVersion: batch/v1
kind: Job
metadata:
  name:   j     # odd space
  annotations: {plimsoll.dev/ttl: "1h"}
spec:
  template:
    spec:
      containers:
      - image: app:1 # before the name
        name: app

      restartPolicy: Never
`

const others = `%YAML 1.1
---
# nothing of Plimsoll
kind:   ConfigMap
apiVersion: v1
data: {a: 'b',   "c": d}
---
---
# only a comment
...
`

func TestUntouchedComesOutAsItWentIn(t *testing.T) {
	plain := "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {}\n# the end, without a line end"
	for name, text := range map[string]string{
		"other kinds":      others,
		"not enrolled":     plain,
		"empty":            "",
		"only comments":    "# nothing\n",
		"JSON":             "{\"kind\":\"Secret\",\n   \"apiVersion\":\"v1\"}",
		"a stream of JSON": "{\"kind\":\"A\",\"apiVersion\":\"v1\"}\n\n{\"kind\":\"B\",\"apiVersion\":\"v1\"}\n",
		"another system":   "apiVersion: v1\r\nkind: Secret\r\n---\r\napiVersion: v1\r\nkind: Secret\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, text, "-f", "-")
			if diff := cmp.Diff(result{out: text}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTouchesOnlyWhatItMust(t *testing.T) {
	got := run(t, others+"---\n"+job, "-f", "-")
	before, after, _ := strings.Cut(got.out, "\n  annotations: {plimsoll.dev/ttl: \"1h\", plimsoll.dev/applied: ")
	want, _, _ := strings.Cut(others+"---\n"+job, "\n  annotations")
	if before != want {
		t.Errorf("up to the change (-want +got):\n%s", cmp.Diff(want, before))
	}
	_, after, _ = strings.Cut(after, "\n")
	_, want, _ = strings.Cut(job, "\"1h\"}\n")
	if want += "  ttlSecondsAfterFinished: 3600\n"; after != want {
		t.Errorf("after the stamp (-want +got):\n%s", cmp.Diff(want, after))
	}
	if got.code != exitcode.OK || got.err != "" {
		t.Errorf("exit code %d, %q", got.code, got.err)
	}
	if again := run(t, got.out, "-f", "-"); again.out != got.out {
		t.Errorf("what is complete changes again:\n%s", cmp.Diff(got.out, again.out))
	}
}

func TestForms(t *testing.T) {
	asJSON, err := yaml.YAMLToJSON([]byte(job))
	if err != nil {
		t.Fatal(err)
	}
	list := `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret"},` + string(asJSON) + "]}"
	for name, tc := range map[string]struct {
		in    string
		args  []string
		where []string
	}{
		"YAML":                {job, nil, nil},
		"JSON":                {string(asJSON), nil, nil},
		"JSON as YAML":        {string(asJSON), []string{"-o", "yaml"}, nil},
		"YAML as JSON":        {job, []string{"-o", "json"}, nil},
		"a list":              {list, nil, []string{"items", "1"}},
		"a list as YAML":      {list, []string{"-o", "yaml"}, []string{"items", "1"}},
		"several as one list": {"kind: A\napiVersion: v1\n---\n" + job, []string{"-o", "json"}, []string{"items", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, tc.in, append(tc.args, "-f", "-")...)
			if got.code != exitcode.OK || got.err != "" {
				t.Fatalf("exit code %d, %q", got.code, got.err)
			}
			var object map[string]any
			if err := yaml.Unmarshal([]byte(got.out), &object); err != nil {
				t.Fatal(err)
			}
			if len(tc.where) > 0 {
				items, _ := object["items"].([]any)
				object, _ = items[1].(map[string]any)
			}
			spec, _ := object["spec"].(map[string]any)
			if spec["ttlSecondsAfterFinished"] != 3600.0 {
				t.Errorf("ttlSecondsAfterFinished is %v in\n%s", spec["ttlSecondsAfterFinished"], got.out)
			}
			if isJSON := json.Valid([]byte(got.out)); isJSON == strings.HasSuffix(name, "YAML") {
				t.Errorf("JSON: %v\n%s", isJSON, got.out)
			}
		})
	}
}

func TestFilesAndFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "b.yaml", "kind: B\napiVersion: v1") // no line end
	write(t, dir, "a.yml", "kind: A\napiVersion: v1\n")
	write(t, dir, "deep/c.json", `{"kind":"C","apiVersion":"v1"}`)
	write(t, dir, "notes.txt", "{{")
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"folder":         {[]string{"-f", dir}, "kind: A\napiVersion: v1\n---\nkind: B\napiVersion: v1"},
		"all folders":    {[]string{"-R", "-f", dir}, "kind: A\napiVersion: v1\n---\nkind: B\napiVersion: v1\n---\n{\"kind\":\"C\",\"apiVersion\":\"v1\"}"},
		"file and stdin": {[]string{"-f", filepath.Join(dir, "b.yaml"), "-f", "-"}, "kind: B\napiVersion: v1\n# d\n---\nkind: D\napiVersion: v1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, "# d\n---\nkind: D\napiVersion: v1\n", tc.args...)
			if diff := cmp.Diff(tc.want, got.out); diff != "" || got.code != exitcode.OK {
				t.Errorf("exit code %d, %q, (-want +got):\n%s", got.code, got.err, diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	good := write(t, dir, "good.yaml", job)
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		stdin string
		args  []string
		code  int
		want  string
	}{
		"no file":            {"", nil, 2, "say which manifests: -f FILE"},
		"absent":             {"", []string{"-f", "/absent.yaml"}, 2, "/absent.yaml: no such file"},
		"a URL":              {"", []string{"-f", "https://example.com/x.yaml"}, 2, "URLs are not read"},
		"an empty folder":    {"", []string{"-f", empty}, 2, "no file in this folder"},
		"stdin twice":        {"", []string{"-f", "-", "-f", "-"}, 2, "once only"},
		"arguments":          {"", []string{"x", "-f", "-"}, 2, "unknown command"},
		"unknown flag":       {"", []string{"--x"}, 2, "unknown flag: --x"},
		"output":             {"", []string{"-f", "-", "-o", "wide"}, 2, `--output "wide": legal are yaml, json`},
		"colour":             {"", []string{"-f", "-", "--color", "blue"}, 2, `--color "blue": legal are auto, always, never`},
		"a diff has a form":  {"", []string{"-f", "-", "--diff", "-o", "json"}, 2, "exclude each other"},
		"no namespace":       {"", []string{"-f", "-", "--namespace-file", good}, 2, "holds neither a Namespace nor a LimitRange"},
		"syntax":             {"kind: A\napiVersion: v1\n---\n\na: b: c\n", []string{"-f", "-"}, 2, "standard input:5 (document 2): not valid YAML: line 5:"},
		"a template":         {"a: {{ .b }}\n", []string{"-f", "-"}, 2, "render it first"},
		"a key twice":        {"kind: Job\napiVersion: batch/v1\nkind: Job\n", []string{"-f", "-"}, 2, `line 3: key "kind" already set`},
		"no object":          {"- a\n", []string{"-f", "-"}, 2, "not a Kubernetes object but a list"},
		"an annotation":      {"kind: Job\nmetadata: {annotations: {plimsoll.dev/ttl: 300}}\n", []string{"-f", "-"}, 2, `plimsoll.dev/ttl: 300 is no string; legal is a string: "300", in quotes`},
		"nothing to know it": {"a: 1\n", []string{"-f", "-"}, 0, "no Kubernetes object"},
		"an old version":     {"kind: CronJob\napiVersion: batch/v1beta1\n", []string{"-f", "-"}, 0, "Plimsoll knows CronJob of batch/v1"},
		"another kind":       {"kind: Pod\napiVersion: v1\nmetadata: {annotations: {plimsoll.dev/ttl: 1h}}\n", []string{"-f", "-"}, 0, "have no meaning on a Pod"},
		"warnings as errors": {"a: 1\n", []string{"-f", "-", "--warnings-as-errors"}, 1, "--warnings-as-errors is set"},
		"a denial":           {strings.Replace(job, "1h", "soon", 1), []string{"-f", "-"}, 1, `Denied: standard input: Job j: plimsoll.dev/ttl: invalid value "soon"`},
		"a denial, diff":     {strings.Replace(job, "1h", "soon", 1), []string{"-f", "-", "--diff"}, 1, "would deny 1 of 1"},
		"a warning":          {strings.Replace(job, "/ttl", "/tll", 1), []string{"-f", "-"}, 0, "Warning: standard input: Job j: plimsoll.dev/tll: unknown key, ignored; did you mean plimsoll.dev/ttl?"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, tc.stdin, tc.args...)
			if got.code != tc.code || !strings.Contains(got.err, tc.want) {
				t.Errorf("exit code %d, want %d; standard error does not hold %q:\n%s", got.code, tc.code, tc.want, got.err)
			}
			if got.code != exitcode.OK && got.out != "" && !strings.Contains(name, "warnings") {
				t.Errorf("standard output:\n%s", got.out)
			}
		})
	}
}

func TestDiffAndExplain(t *testing.T) {
	file := write(t, t.TempDir(), "job.yaml", job)
	diff := run(t, "", "-f", file, "--diff", "--color", "never").out
	for _, line := range []string{"--- " + file, "+++ " + file, "+  ttlSecondsAfterFinished: 3600", "       restartPolicy: Never"} {
		if !strings.Contains(diff, line+"\n") {
			t.Errorf("the diff has no line %q:\n%s", line, diff)
		}
	}
	if coloured := run(t, "", "-f", file, "--diff", "--color", "always").out; !strings.Contains(coloured, "\x1b[32m+  ttl") {
		t.Errorf("no colours:\n%q", coloured)
	}
	want := "Job j (" + file + "): 1 change\n  plimsoll.dev/ttl (annotation)\n    spec.ttlSecondsAfterFinished  3600\n\n"
	if diff := cmp.Diff(want, run(t, "", "-f", file, "--explain").out); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	both := run(t, "", "-f", file, "--explain", "--diff").out
	if !strings.HasPrefix(both, want+"--- ") {
		t.Errorf("explanation and diff:\n%s", both)
	}
}

func TestNamespaces(t *testing.T) {
	dir := t.TempDir()
	namespace := "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n  annotations: {plimsoll.dev/ttl: 2h}\n  labels: {plimsoll.dev/enabled: \"true\"}\n"
	unlabelled, _, _ := strings.Cut(namespace, "  labels")
	file := write(t, dir, "ns.yaml", namespace)
	plain := strings.Replace(job, "  annotations: {plimsoll.dev/ttl: \"1h\"}\n", "", 1)
	elsewhere := strings.Replace(plain, "metadata:\n", "metadata:\n  namespace: elsewhere\n", 1)
	for name, tc := range map[string]struct {
		in   string
		args []string
		want string
	}{
		"of the file":          {plain, []string{"--namespace-file", file}, "ttlSecondsAfterFinished: 7200"},
		"another one":          {elsewhere, []string{"--namespace-file", file}, ""},
		"among the manifests":  {namespace + "---\n" + plain, []string{"-n", "team"}, "ttlSecondsAfterFinished: 7200"},
		"named":                {plain, []string{"--namespace-file", file, "-n", "other"}, ""},
		"enrolled by the flag": {unlabelled + "---\n" + plain, []string{"-n", "team", "--enrolled"}, "ttlSecondsAfterFinished: 7200"},
		"not enrolled":         {unlabelled + "---\n" + plain, []string{"-n", "team"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, tc.in, append(tc.args, "-f", "-")...)
			if touched := got.out != tc.in; touched != (tc.want != "") || !strings.Contains(got.out, tc.want) {
				t.Errorf("want %q in\n%s%s", tc.want, got.out, got.err)
			}
		})
	}
}

// TestScalers: only the cluster knows whether plimsoll-scalers is there; a flag says so.
func TestScalers(t *testing.T) {
	tail := `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    plimsoll.dev/max-replicas: "3"
    plimsoll.dev/triggers: '[{type: beanstalkd, metadata: {server: "b:1", tube: t, value: "5"}}]'
spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}
`
	for flag, said := range map[string]bool{"--scalers": false, "--scalers=false": true} {
		got := run(t, tail, "-f", "-", flag)
		if strings.Contains(got.err, "served by plimsoll-scalers") != said || got.code != exitcode.OK {
			t.Errorf("%s: exit code %d, standard error %q, want the warning: %t", flag, got.code, got.err, said)
		}
	}
}

// TestNamespaceMistakesAreSaidOnce: admission warns of them with every workload; of a folder nobody wants that.
func TestNamespaceMistakesAreSaidOnce(t *testing.T) {
	namespace := "apiVersion: v1\nkind: Namespace\nmetadata: {name: team, annotations: {plimsoll.dev/ttl: soon}}\n"
	got := run(t, namespace+"---\n"+job+"---\n"+strings.Replace(job, "name:   j", "name: k", 1), "-f", "-", "-n", "team")
	if n := strings.Count(got.err, `namespace team: plimsoll.dev/ttl: invalid value "soon"`); n != 1 || got.code != exitcode.OK {
		t.Errorf("exit code %d, said %d times:\n%s", got.code, n, got.err)
	}
}
