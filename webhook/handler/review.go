package handler

import (
	"errors"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// review is the part of an AdmissionReview that Plimsoll reads. The objects in it stay bytes: the core decodes them, once.
type review struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Request    *request `json:"request"`
}

// request is the part of an AdmissionRequest that Plimsoll reads.
type request struct {
	UID         string                  `json:"uid"`
	Kind        metav1.GroupVersionKind `json:"kind"`
	SubResource string                  `json:"subResource"`
	Name        string                  `json:"name"`
	Namespace   string                  `json:"namespace"`
	Operation   admit.Operation         `json:"operation"`
	DryRun      bool                    `json:"dryRun"`
	Object      rawObject               `json:"object"`
	OldObject   rawObject               `json:"oldObject"`
}

// decodeReview reads a request from an AdmissionReview. The error says in what the body is not one.
func decodeReview(body []byte) (*request, error) {
	r := review{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &r); err != nil {
		return nil, fmt.Errorf("decoding AdmissionReview: %w", err)
	}
	if got, want := r.APIVersion, admissionv1.SchemeGroupVersion.String(); r.Kind != "AdmissionReview" || got != want {
		return nil, fmt.Errorf("apiVersion %q, kind %q: want %q, %q", got, r.Kind, want, "AdmissionReview")
	}
	if r.Request == nil {
		return nil, errors.New("request is missing")
	}
	if r.Request.UID == "" {
		return nil, errors.New("request.uid is missing")
	}
	return r.Request, nil
}

// workload says which kind of workload the request is about: Other where there is nothing for Plimsoll to look at. The API
// server should have kept those away; a webhook configuration that was edited may let them through.
func (r *request) workload() subject.Kind {
	if r.SubResource != "" || r.Operation != admit.Create && r.Operation != admit.Update {
		return subject.Other
	}
	kind := subject.KindOf(r.Kind.Group+"/"+r.Kind.Version, r.Kind.Kind)
	if kind == subject.Namespace {
		return subject.Other
	}
	return kind
}
