package admit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	kjson "sigs.k8s.io/json"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// promises are what holds for every review, whatever it is of.
func promises(t testing.TB, in admit.Input, outcome *admit.Outcome, result []byte) {
	t.Helper()
	isTheSameAgain(t, in, outcome)
	deniesWithoutPatching(t, outcome)
	isIdempotent(t, in, outcome, result)
	keepsEverything(t, in.Object, outcome, result)
	staysTyped(t, in.Object, result)
	testsApply(t, in.Object, outcome.Ops)
}

func isTheSameAgain(t testing.TB, in admit.Input, outcome *admit.Outcome) {
	t.Helper()
	again := admit.Review(in)
	if diff := cmp.Diff(*outcome, again); diff != "" {
		t.Errorf("the same review comes to something else:\n%s", diff)
	}
}

func deniesWithoutPatching(t testing.TB, outcome *admit.Outcome) {
	t.Helper()
	if !outcome.Allowed() && len(outcome.Ops)+len(outcome.Changes) > 0 {
		t.Errorf("a denied request is patched: %v", outcome.Ops)
	}
}

// isIdempotent: the API server calls again when another webhook changed the object (reinvocationPolicy IfNeeded), and every
// later update brings the stored result back.
func isIdempotent(t testing.TB, in admit.Input, outcome *admit.Outcome, result []byte) {
	t.Helper()
	if !outcome.Allowed() || outcome.Reason == reason.InternalError {
		return
	}
	again := in
	again.Object = result
	if second := admit.Review(again); len(second.Ops) > 0 || !second.Allowed() {
		t.Errorf("reviewing the result again gives %s %q", show(second.Ops), second.Denials)
	}
	later := in
	later.Operation, later.Object, later.OldObject = admit.Update, result, result
	if third := admit.Review(later); len(third.Ops) > 0 || len(third.Denials)+len(third.Warnings) > 0 {
		t.Errorf("an update that changes nothing gives %s %q %q", show(third.Ops), third.Denials, third.Warnings)
	}
}

func show(ops []patch.Op) string {
	raw, err := json.Marshal(ops)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// keepsEverything: whatever the object says, known or unknown to Plimsoll, it still says, unless a change names it.
func keepsEverything(t testing.TB, object []byte, outcome *admit.Outcome, result []byte) {
	t.Helper()
	for _, c := range outcome.Changes {
		if c.From != "" {
			return // there the cases show what becomes of it
		}
	}
	before, after := fromJSON(t, object), fromJSON(t, result)
	dropStamp(before)
	if missing := missing(before, after); missing != "" {
		t.Errorf("the result lost %s", missing)
	}
}

func fromJSON(t testing.TB, raw []byte) any {
	t.Helper()
	var v any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func dropStamp(v any) {
	if object, ok := v.(map[string]any); ok {
		if metadata, ok := object["metadata"].(map[string]any); ok {
			if annotations, ok := metadata["annotations"].(map[string]any); ok {
				delete(annotations, intent.AppliedAnnotation)
			}
		}
	}
}

// missing finds what a has and b has not: a member, an element at its place, a scalar. A null is as good as nothing.
func missing(a, b any) string {
	switch x := a.(type) {
	case nil:
		return ""
	case map[string]any:
		y, _ := b.(map[string]any)
		for k := range x {
			if m := missing(x[k], y[k]); m != "" {
				return "/" + k + m
			}
		}
		if y == nil {
			return " an object"
		}
		return ""
	case []any:
		y, _ := b.([]any)
		if len(y) < len(x) {
			return " elements"
		}
		for i := range x {
			if m := missing(x[i], y[i]); m != "" {
				return "/" + strconv.Itoa(i) + m
			}
		}
		return ""
	}
	if a != b {
		return fmt.Sprintf(": %v, it is %v", a, b)
	}
	return ""
}

// staysTyped: an object that the API server takes stays one that it takes.
func staysTyped(t testing.TB, object, result []byte) {
	t.Helper()
	s, err := subject.Decode(object)
	if err != nil {
		return
	}
	into := map[subject.Kind]func() any{
		subject.Deployment:  func() any { return &appsv1.Deployment{} },
		subject.StatefulSet: func() any { return &appsv1.StatefulSet{} },
		subject.Job:         func() any { return &batchv1.Job{} },
		subject.CronJob:     func() any { return &batchv1.CronJob{} },
	}[s.Kind]
	if into == nil {
		return
	}
	strict := func(raw []byte) int {
		errs, err := kjson.UnmarshalStrict(raw, into())
		if err != nil {
			errs = append(errs, err)
		}
		return len(errs)
	}
	if strict(object) == 0 && strict(result) > 0 {
		t.Errorf("the result is not a %s any more: %s", s.Kind, result)
	}
}

// testsApply: an operation that replaces or removes has something to replace or remove, and nothing is replaced by itself.
func testsApply(t testing.TB, object []byte, ops []patch.Op) {
	t.Helper()
	for i := range ops {
		before := apply(t, object, ops[:i])
		after := apply(t, object, ops[:i+1])
		if jsonpatch.Equal(before, after) {
			t.Errorf("operation %s changes nothing", show(ops[i:i+1]))
		}
	}
	if bytes.Contains([]byte(show(ops)), []byte(`"value":null`)) {
		t.Errorf("an operation has no value: %s", show(ops))
	}
}
