package selection

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// recorder is a webhook that allows everything and notes what it was asked: by which webhook, what, of which object.
type recorder struct {
	server *httptest.Server

	mu      sync.Mutex
	reviews []string
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{}
	r.server = httptest.NewTLSServer(r)
	t.Cleanup(r.server.Close)
	return r
}

// ServeHTTP answers one AdmissionReview. The path is the webhook's name.
func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(request.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "no review", http.StatusBadRequest)
		return
	}
	asked := review.Request
	r.mu.Lock()
	r.reviews = append(r.reviews, fmt.Sprintf("%s %s %s %s", strings.TrimPrefix(request.URL.Path, "/"), asked.Operation, asked.Kind.Kind, asked.Name))
	r.mu.Unlock()
	review.Response = &admissionv1.AdmissionResponse{UID: asked.UID, Allowed: true}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review)
}

// seen gives the reviews in order. The same one twice counts once: the API server asks again for a patch that met somebody
// else's write, such as a controller's to the status.
func (r *recorder) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Compact(slices.Clone(r.reviews))
}

func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reviews = nil
}

func (r *recorder) port() int {
	address, err := url.Parse(r.server.URL)
	if err != nil {
		return 0
	}
	port, _ := strconv.Atoi(address.Port())
	return port
}

// receive points the installed webhooks here, each to a path of its own name, and waits until the API server has noticed.
func (r *recorder) receive(ctx context.Context, c kubernetes.Interface) error {
	configurations := c.AdmissionregistrationV1().MutatingWebhookConfigurations()
	installed, err := configurations.Get(ctx, "plimsoll", metav1.GetOptions{})
	if err != nil {
		return err
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})
	for i := range installed.Webhooks {
		hook := &installed.Webhooks[i]
		address := r.server.URL + "/" + hook.Name
		hook.ClientConfig.URL, hook.ClientConfig.CABundle = &address, authority
	}
	if _, err := configurations.Update(ctx, installed, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		_, err := c.AppsV1().Deployments(enrolled).Create(ctx, deployment("probe", nil), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return len(r.seen()) > 0, err
	})
}
