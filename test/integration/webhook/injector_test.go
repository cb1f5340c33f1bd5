package webhook

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
)

// injector is somebody else's webhook, which adds a container. By its name it comes after Plimsoll's.
type injector struct{ server *httptest.Server }

func newInjector(t *testing.T, e *env) *injector {
	t.Helper()
	i := &injector{server: httptest.NewTLSServer(http.HandlerFunc(inject))}
	t.Cleanup(i.server.Close)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.server.Certificate().Raw})
	e.apply(t, fmt.Sprintf(`apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: zz-injector}
webhooks:
  - name: injector.example.org
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {url: %q, caBundle: %s}
    namespaceSelector: {matchLabels: {inject: "yes"}}
    rules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
`, i.server.URL, base64.StdEncoding.EncodeToString(authority)))
	ns := e.namespace(t, "injected", "  labels: {inject: \"yes\"}\n")
	await(t, "the injector is called", func() (bool, string) {
		out, err := e.cluster.KubectlIn(t.Context(), deployment(ns, "probe"), "create", "-f", "-", "--dry-run=server", "-o", "jsonpath={"+podSpec+".containers[*].name}")
		return out == "app sidecar", fmt.Sprint(out, err)
	})
	return i
}

func (i *injector) remove(t *testing.T, e *env) {
	t.Helper()
	e.kubectl(t, "delete", "mutatingwebhookconfiguration", "zz-injector")
}

func inject(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "no review", http.StatusBadRequest)
		return
	}
	jsonPatch := admissionv1.PatchTypeJSONPatch
	review.Response = &admissionv1.AdmissionResponse{
		UID: review.Request.UID, Allowed: true, PatchType: &jsonPatch,
		Patch: []byte(`[{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"sidecar","image":"sidecar:1"}}]`),
	}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review)
}
