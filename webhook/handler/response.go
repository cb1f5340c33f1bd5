package handler

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// respond says an outcome in the words of admission.k8s.io/v1.
func respond(outcome *admit.Outcome) (*admissionv1.AdmissionResponse, error) {
	response := &admissionv1.AdmissionResponse{Allowed: outcome.Allowed(), Warnings: fitWarnings(outcome.Warnings)}
	if !response.Allowed {
		response.Result = denial(outcome)
		return response, nil
	}
	if len(outcome.Ops) == 0 {
		return response, nil
	}
	raw, err := json.Marshal(outcome.Ops)
	if err != nil {
		return nil, fmt.Errorf("encoding patch: %w", err)
	}
	jsonPatch := admissionv1.PatchTypeJSONPatch
	response.Patch, response.PatchType = raw, &jsonPatch
	if len(outcome.Changes) > 0 {
		response.AuditAnnotations = map[string]string{"changes": describe(outcome.Changes)}
	}
	return response, nil
}

// unreviewed lets an object pass as it is, and says so.
func unreviewed(why string) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{
		Allowed:  true,
		Warnings: []string{fitWarning("plimsoll did not review this object, it was accepted as it is: " + why)},
	}
}

// denial is what kubectl prints. A mistake in the object is Invalid, as the API server's own validation says it; anything
// else is a rule that forbids it. There are no details: with details kubectl leaves out the message, and with it the name
// of the webhook that denied.
func denial(outcome *admit.Outcome) *metav1.Status {
	status := &metav1.Status{
		Status: metav1.StatusFailure, Message: sentences(outcome.Denials),
		Reason: metav1.StatusReasonForbidden, Code: http.StatusForbidden,
	}
	if outcome.Reason == reason.InvalidValue {
		status.Reason, status.Code = metav1.StatusReasonInvalid, http.StatusUnprocessableEntity
	}
	return status
}

// sentences puts one denial on the line, and several on a line each.
func sentences(denials []string) string {
	if len(denials) == 1 {
		return denials[0]
	}
	return fmt.Sprintf("%d problems:\n* %s", len(denials), strings.Join(denials, "\n* "))
}

// describe sums changes up for the audit log, as in "5 fields by plimsoll.dev/requests, plimsoll.dev/limits". It is short: the
// API server puts it into every event, and what the fields are stands in the object's stamp.
func describe(changes []patch.Change) string {
	var seen []intent.ID
	var keys []string
	for i := range changes {
		if id := changes[i].Key; !slices.Contains(seen, id) {
			seen, keys = append(seen, id), append(keys, id.String())
		}
	}
	return fmt.Sprintf("%d fields by %s", len(changes), strings.Join(keys, ", "))
}

// encode writes the whole answer.
func encode(uid string, response *admissionv1.AdmissionResponse) ([]byte, error) {
	response.UID = types.UID(uid)
	return json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "AdmissionReview"},
		Response: response,
	})
}
