// Package body is the request that admission is measured with.
package body

import (
	_ "embed"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// deployment is what an API server sent for review: two containers, defaults filled in, managed fields. Requests, limits,
// ephemeral storage and scratch space are to be completed.
//
//go:embed deployment.json
var deployment []byte

// Review is the request that the API server makes of a Deployment with two containers.
func Review() []byte {
	resource := metav1.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	kind := metav1.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	dry := false
	body, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID: "705ab4f5-6393-11e8-b7cc-42010a800002", Kind: kind, Resource: resource, RequestKind: &kind, RequestResource: &resource,
			Name: "job-consumer", Namespace: "serverless", Operation: admissionv1.Create, DryRun: &dry,
			UserInfo: authenticationv1.UserInfo{Username: "jane@example.org", Groups: []string{"developers", "system:authenticated"}},
			Object:   runtime.RawExtension{Raw: deployment},
			Options:  runtime.RawExtension{Raw: []byte(`{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions","fieldManager":"kubectl-create"}`)},
		},
	})
	if err != nil {
		panic(err) // a constant does not encode
	}
	return body
}
