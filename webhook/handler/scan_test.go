package handler

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	sample "github.com/plimsoll-dev/plimsoll/test/bench/admission/body"
)

// byReflection is the same request as a decoder by reflection reads it.
func byReflection(body []byte) (*request, bool) {
	var r struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Request    *struct {
			UID         string                  `json:"uid"`
			Kind        metav1.GroupVersionKind `json:"kind"`
			SubResource string                  `json:"subResource"`
			Name        string                  `json:"name"`
			Namespace   string                  `json:"namespace"`
			Operation   string                  `json:"operation"`
			DryRun      bool                    `json:"dryRun"`
			Object      json.RawMessage         `json:"object"`
			OldObject   json.RawMessage         `json:"oldObject"`
		} `json:"request"`
	}
	mistakes, err := kjson.UnmarshalStrict(body, &r, kjson.DisallowDuplicateFields)
	if err != nil || len(mistakes) > 0 || r.Request == nil || r.Request.UID == "" ||
		r.APIVersion != "admission.k8s.io/v1" || r.Kind != "AdmissionReview" {
		return nil, false
	}
	q := r.Request
	return &request{
		UID: q.UID, Group: q.Kind.Group, Version: q.Kind.Version, Kind: q.Kind.Kind, SubResource: q.SubResource,
		Name: q.Name, Namespace: q.Namespace, Operation: admit.Operation(q.Operation), DryRun: q.DryRun,
		Object: objectOf(q.Object), OldObject: objectOf(q.OldObject),
	}, true
}

func objectOf(raw json.RawMessage) []byte {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

const around = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1",@}}`

func seeds() []string {
	list := []string{string(sample.Review()), "", "null", "[]", "{", `{"request":{"uid":"1"}} x`}
	for _, inside := range []string{
		`"name":"a"`,
		`"name":"\"\\\u00e9é\n","namespace":"\\"`,
		`"object":{"a":"}\\\"{","b":[1,[{}],"]"]},"oldObject":null`,
		`"object" : [ -1.5e+3 , true , false , null ] , "dryRun" : true`,
		`"kind":{"group":"apps","version":"v1","kind":"Deployment"},"operation":"UPDATE","subResource":"scale"`,
		`"kind":null,"name":null,"object":"text"`,
		`"object":{"a":"\\"}`,
		`"object":{"a":"`,
		`"object":{"a":1`,
		`"object":`,
		`"object":?`,
		`"name":1`,
		`"kind":[]`,
		`"userInfo":{"groups":["a",{"b":"\\\\\"]"}]},"name":"last"`,
	} {
		list = append(list, strings.Replace(around, "@", inside, 1))
	}
	return list
}

// FuzzDecodeReview: whatever is a review is read as a decoder by reflection reads it; whatever is not does no harm.
func FuzzDecodeReview(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeReview(body)
		if err == nil && got.UID == "" {
			t.Error("a request without uid")
		}
		want, ok := byReflection(body)
		if !ok || !utf8.Valid(body) {
			return
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-by reflection +by scanning):\n%s", diff)
		}
	})
}

// TestSeedsTellApart: half of the seeds are reviews, so that the comparison above compares something.
func TestSeedsTellApart(t *testing.T) {
	t.Parallel()
	reviews := 0
	for _, seed := range seeds() {
		if _, ok := byReflection([]byte(seed)); ok {
			reviews++
		}
	}
	if reviews < 7 || reviews == len(seeds()) {
		t.Errorf("%d of %d seeds are reviews", reviews, len(seeds()))
	}
}

// TestTruncatedReviewIsRefused: however much of it is missing.
func TestTruncatedReviewIsRefused(t *testing.T) {
	t.Parallel()
	body := sample.Review()
	for n := range len(body) - 1 {
		if _, err := decodeReview(body[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes are taken", n, len(body))
		}
	}
}

// TestObjectsAreNotCopied: they are parts of the body, and cannot grow into what follows them.
func TestObjectsAreNotCopied(t *testing.T) { //nolint:paralleltest // it counts allocations
	body := sample.Review()
	r, err := decodeReview(body)
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(r.Object) || cap(r.Object) != len(r.Object) {
		t.Errorf("object of %d bytes, capacity %d", len(r.Object), cap(r.Object))
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = decodeReview(body) }); n > 40 {
		t.Errorf("%v allocations: an object is copied or decoded", n)
	}
}
