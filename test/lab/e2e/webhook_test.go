package e2e

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// testWebhook wants a webhook on loopback to be asked, and its word to count.
func testWebhook(t *testing.T, l *lab) {
	server := httptest.NewTLSServer(http.HandlerFunc(denyAll))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	l.apply(t, write(t, "webhook.yaml", fmt.Sprintf(webhookConfiguration, server.URL, base64.StdEncoding.EncodeToString(ca))))

	if out, err := l.kubectl("create", "namespace", "watched"); err != nil {
		t.Fatal(out)
	}
	if out, err := l.kubectl("label", "namespace", "watched", "webhook=yes"); err != nil {
		t.Fatal(out)
	}
	// The API server hears of the configuration, and of the label, by watches.
	eventually(t, "the webhook denies", func() error {
		out, err := l.kubectl("--namespace=watched", "create", "configmap", "x", "--dry-run=server")
		if err == nil || !strings.Contains(out, "not on my watch") {
			return fmt.Errorf("it says %q", out)
		}
		return nil
	})
	if out, err := l.kubectl("create", "configmap", "elsewhere"); err != nil {
		t.Errorf("in another namespace: %s", out)
	}
	if out, err := l.kubectl("delete", "validatingwebhookconfiguration/watch"); err != nil {
		t.Error(out)
	}
}

const webhookConfiguration = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: watch}
webhooks:
- name: watch.example.com
  admissionReviewVersions: [v1]
  sideEffects: None
  clientConfig: {url: %s/deny, caBundle: %s}
  namespaceSelector: {matchLabels: {webhook: "yes"}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
`

func denyAll(w http.ResponseWriter, r *http.Request) {
	var review map[string]any
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	request, _ := review["request"].(map[string]any)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": "admission.k8s.io/v1",
		"kind":       "AdmissionReview",
		"response":   map[string]any{"uid": request["uid"], "allowed": false, "status": map[string]any{"message": "not on my watch"}},
	})
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// threeTimes reads three times of a line.
func threeTimes(t *testing.T, line string) (first, second, third time.Time) {
	t.Helper()
	var times [3]time.Time
	fields := strings.Fields(line)
	if len(fields) != len(times) {
		t.Fatalf("%q has not three times", line)
	}
	for i, field := range fields {
		var err error
		if times[i], err = time.Parse(time.RFC3339, field); err != nil {
			t.Fatal(err)
		}
	}
	return times[0], times[1], times[2]
}
