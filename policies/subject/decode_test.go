package subject_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	kjson "sigs.k8s.io/json"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/test/cases"
)

// reference decodes by reflection, by the same tags.
func reference(raw []byte) (*subject.Subject, error) {
	s := &subject.Subject{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, s); err != nil {
		return nil, err
	}
	s.Kind = subject.KindOf(s.APIVersion, s.KindName)
	keepWhatTheKindHas(s)
	if len(s.Template()) > 0 {
		if err := kjson.UnmarshalCaseSensitivePreserveInts(s.Template(), &s.Spec.Template); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// keepWhatTheKindHas drops the fields of other kinds, which Decode does not look at.
func keepWhatTheKindHas(s *subject.Subject) {
	had := s.Spec
	s.Spec = subject.Spec{}
	switch s.Kind {
	case subject.Deployment, subject.StatefulSet:
		s.Spec.Replicas, s.Spec.RawTemplate = had.Replicas, had.RawTemplate
	case subject.Job:
		s.Spec.Replicas, s.Spec.RawTemplate, s.Spec.JobSpec = had.Replicas, had.RawTemplate, had.JobSpec
	case subject.CronJob:
		s.Spec = had
		s.Spec.RawTemplate, s.Spec.JobSpec = nil, subject.JobSpec{Suspend: had.Suspend}
	}
}

var huge = regexp.MustCompile(`[eE][+-]?[0-9]{5,}`)

var sameView = cmp.Options{
	cmpopts.IgnoreFields(subject.EnvVar{}, "Raw"),
	cmpopts.IgnoreFields(subject.Mount{}, "Raw"),
	cmpopts.IgnoreFields(subject.Volume{}, "Raw"),
	cmpopts.IgnoreFields(subject.PodSpec{}, "RawAffinity"),
	cmp.Transformer("text", func(r json.RawMessage) string { return string(bytes.TrimSpace(r)) }),
}

func TestDecodeAgreesWithReflection(t *testing.T) {
	t.Parallel()
	for _, c := range cases.Load(t) {
		for _, raw := range [][]byte{c.Input.Object, c.Input.OldObject} {
			if len(raw) > 0 {
				agree(t, raw)
			}
		}
	}
}

// FuzzDecode holds Decode against the API machinery's decoder: what that takes, Decode takes, and sees the same in it.
func FuzzDecode(f *testing.F) {
	for _, c := range cases.Load(f) {
		if len(c.Input.Object) < 8<<10 {
			f.Add(c.Input.Object)
		}
	}
	f.Add([]byte(`{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"\u00e9\ud83d\ude00\ud800","labels":{"a":null}},"spec":{"backoffLimit":-0}}`))
	f.Add([]byte(`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":[null,{"env":[null],"resources":{"limits":{"cpu":1,"memory":"1e3"}}}],"volumes":[{"emptyDir":null},{"emptyDir":{"sizeLimit":null}}],"affinity":null,"tolerations":[]}}}}`))
	f.Add([]byte("{\"apiVersion\":\"v1\",\"x\":\"\xff\",\"metadata\":{\"name\":\"\xff\"}}"))
	f.Fuzz(agree1)
}

func agree1(t *testing.T, raw []byte) { agree(t, raw) }

func agree(t *testing.T, raw []byte) {
	t.Helper()
	got, err := subject.Decode(raw)
	if huge.Match(raw) {
		return // by reflection it would take minutes, which is why Decode refuses it
	}
	if !json.Valid(raw) {
		if err == nil {
			t.Errorf("Decode takes what is no JSON: %q", raw)
		}
		return
	}
	want, refused := reference(raw)
	switch {
	case refused != nil, repeats(raw), want.KindName == "" && strings.TrimSpace(string(raw)) == "null":
		return // Decode does not look at everything; of keys that stand twice, nobody says which one counts
	case err != nil:
		t.Fatalf("Decode refuses what the API server takes: %v\n%s", err, raw)
	}
	if diff := cmp.Diff(want, got, sameView); diff != "" {
		t.Errorf("Decode sees something else (-reflection +Decode):\n%s", diff)
	}
}

func repeats(raw []byte) bool {
	var v any
	errs, err := kjson.UnmarshalStrict(raw, &v)
	return err != nil || len(errs) > 0
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	deployment := func(spec string) string { return `{"apiVersion":"apps/v1","kind":"Deployment","spec":` + spec + `}` }
	for name, raw := range map[string]string{
		"nothing":               ``,
		"null":                  `null`,
		"a list":                `[]`,
		"an unclosed object":    `{"kind":"Deployment"`,
		"an unclosed list":      deployment(`{"x":[1,`),
		"an unclosed string":    `{"kind":"Deployment`,
		"a trailing comma":      `{"kind":"Deployment",}`,
		"a key that is null":    `{null:1}`,
		"two objects":           `{}{}`,
		"a NUL behind":          "{}\x00",
		"a control character":   "{\"a\":\"\x01\"}",
		"a bad escape":          `{"a":"\x"}`,
		"a short escape":        `{"a":"\u12"}`,
		"a leading zero":        `{"a":01}`,
		"a bare minus":          `{"a":-}`,
		"a point without digit": `{"a":1.}`,
		"an empty exponent":     `{"a":1e}`,
		"a misspelt literal":    `{"a":tru}`,
		"a number for a string": `{"metadata":{"name":1}}`,
		"a fraction":            deployment(`{"replicas":1.5}`),
		"a large number":        deployment(`{"replicas":3000000000}`),
		"a string for a list":   deployment(`{"template":{"spec":{"containers":"x"}}}`),
		"a bad quantity":        deployment(`{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"x"}}}]}}}`),
		"a bad toleration":      deployment(`{"template":{"spec":{"tolerations":[{"key":1}]}}}`),
		"too deep":              `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s, err := subject.Decode([]byte(raw)); err == nil {
				t.Errorf("Decode took it: %+v", s)
			}
		})
	}
}

func TestDecodeOtherKinds(t *testing.T) {
	t.Parallel()
	s, err := subject.Decode([]byte(`{"spec":"whatever","metadata":{"name":"x"},"kind":"Pod","apiVersion":"v1"}`))
	if err != nil || s.Kind != subject.Other || s.Metadata.Name != "x" {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	for want, raw := range map[string]string{
		"Deployment serverless/web": `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"serverless"}}`,
		"Job report-…":              `{"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"report-"}}`,
	} {
		s, err := subject.Decode([]byte(raw))
		if err != nil || s.String() != want {
			t.Errorf("got %v, %v; want %s", s, err, want)
		}
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	set := subject.KindsOf(subject.Job, subject.CronJob)
	if set.String() != "Job, CronJob" || !set.Has(subject.Job) || set.Has(subject.Deployment) {
		t.Errorf("got %s", set)
	}
	for k := subject.Deployment; k <= subject.CronJob; k++ {
		if subject.KindOf(k.APIVersion(), k.String()) != k {
			t.Errorf("%s is not found", k)
		}
	}
	for _, other := range [][2]string{{"apps/v1beta1", "Deployment"}, {"v1", "Pod"}, {"", "Other"}} {
		if k := subject.KindOf(other[0], other[1]); k != subject.Other {
			t.Errorf("%v is taken for a %s", other, k)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	var raw []byte
	for _, c := range cases.Load(b) {
		if c.Path == "founding/pass/cronjob.yaml" {
			raw = c.Input.Object
		}
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := subject.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
