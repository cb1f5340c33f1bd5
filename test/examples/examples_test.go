// Package examples holds manifests/examples to what they promise: a newcomer can apply each of them as it is.
package examples

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/root"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

const folder = "../../manifests/examples"

// types are the kinds that examples are made of. A kind that is missing here fails the test: add it.
func types() map[string]func() any {
	return map[string]func() any{
		"v1 Namespace":                 func() any { return &corev1.Namespace{} },
		"v1 LimitRange":                func() any { return &corev1.LimitRange{} },
		"v1 Secret":                    func() any { return &corev1.Secret{} },
		"apps/v1 Deployment":           func() any { return &appsv1.Deployment{} },
		"apps/v1 StatefulSet":          func() any { return &appsv1.StatefulSet{} },
		"batch/v1 Job":                 func() any { return &batchv1.Job{} },
		"batch/v1 CronJob":             func() any { return &batchv1.CronJob{} },
		"plimsoll.dev/v1alpha1 Scaler": func() any { return &v1alpha1.Scaler{} },
	}
}

func TestExamples(t *testing.T) {
	files, err := manifest.Reader{}.Read([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	contents, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !bytes.Contains(contents, []byte("]("+filepath.Base(file.Name)+")")) {
			t.Errorf("README.md does not list %s", file.Name)
		}
		t.Run(filepath.Base(file.Name), func(t *testing.T) {
			if !bytes.HasPrefix(file.Text(), []byte("# ")) {
				t.Error("the file does not begin with a comment that says what it is for")
			}
			namespaces := &manifest.Namespaces{Default: "default"}
			if err := namespaces.Learn([]*manifest.File{file}); err != nil {
				t.Fatal(err)
			}
			for o := range manifest.Objects([]*manifest.File{file}) {
				checkFields(t, o)
				checkSettings(t, o, namespaces)
			}
			checkRendered(t, file)
		})
	}
}

// checkFields wants no field that the kind does not have.
func checkFields(t *testing.T, o *manifest.Object) {
	t.Helper()
	empty, known := types()[o.APIVersion+" "+o.KindName]
	if !known {
		t.Fatalf("%s: examples are made of %v", o, slices.Sorted(maps.Keys(types())))
	}
	if err := yaml.UnmarshalStrict(o.JSON, empty()); err != nil {
		t.Errorf("%s: %v", o, err)
	}
	if o.Metadata.Namespace == "" && o.Kind != subject.Namespace {
		t.Errorf("%s: an example says its namespace", o)
	}
}

// checkSettings wants settings that are taken without a word, and at least one of them.
func checkSettings(t *testing.T, o *manifest.Object, namespaces *manifest.Namespaces) {
	t.Helper()
	switch {
	case o.KindName == "Scaler":
		checkScaler(t, o)
	case o.Kind == subject.Namespace:
		for _, problem := range namespaces.Find(o.Metadata.Name).Problems {
			t.Errorf("%s: %v", o, problem)
		}
	case o.Kind != subject.Other:
		outcome := admit.Review(admit.Input{
			Operation: admit.Create, Object: o.JSON,
			Namespace: namespaces.Find(o.Metadata.Namespace), Platform: patch.DefaultPlatform(),
		})
		for _, text := range append(outcome.Denials, outcome.Warnings...) {
			t.Errorf("%s: %s", o, text)
		}
		if outcome.Reason == reason.NotEnrolled {
			t.Errorf("%s: it %s", o, outcome.Skipped)
		}
	}
}

func checkScaler(t *testing.T, o *manifest.Object) {
	t.Helper()
	var scaler v1alpha1.Scaler
	if err := yaml.UnmarshalStrict(o.JSON, &scaler); err != nil {
		t.Fatal(err)
	}
	if _, problems := scaling.SpecFrom(&scaler.Spec); len(problems) > 0 {
		t.Errorf("%s: %v", o, problems)
	}
}

// checkRendered wants every line of the example in what render prints, in order: comments too are what they were. An empty
// volume is the one line that cannot stay.
func checkRendered(t *testing.T, file *manifest.File) {
	t.Helper()
	var out, errs bytes.Buffer
	streams := root.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	if code := root.Run(t.Context(), streams, []string{"render", "-f", file.Name}); code != 0 || errs.Len() > 0 {
		t.Errorf("render: exit code %d: %s", code, errs.String())
	}
	rest := out.String()
	for line := range strings.Lines(string(file.Text())) {
		line = strings.TrimSuffix(line, " {}\n")
		_, after, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("render: line %q is gone", line)
			continue
		}
		rest = after
	}
}
