package handler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// Two objects, as compact as the request's encoder makes them.
const (
	annotated = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","annotations":{"plimsoll.dev/limits":"memory=1Gi"}},"spec":{"template":{"spec":{"containers":[{"name":"app"}]}}}}`
	plain     = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}`
)

// world is a handler behind TLS, and what it counts.
type world struct {
	client     *http.Client
	url        string
	registry   *prometheus.Registry
	namespaces known
}

// known are namespaces that are there at once.
type known map[string]*resolve.Namespace

func (k known) Get(_ context.Context, name string) (*resolve.Namespace, error) {
	if n, ok := k[name]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("namespaces %q not found", name)
}

// serve starts a handler. What options leave out is given something harmless.
func serve(t testing.TB, options handler.Options) *world {
	t.Helper()
	w := &world{registry: prometheus.NewRegistry(), namespaces: known{}}
	for _, name := range []string{"serverless", "exempt"} {
		w.namespaces[name] = resolve.NewNamespace(name, nil, nil, nil)
	}
	options.Metrics = metrics.New(w.registry)
	options.Exempt = []string{"exempt"}
	if options.Namespaces == nil {
		options.Namespaces = w.namespaces
	}
	if options.Platform == nil {
		options.Platform = patch.DefaultPlatform()
	}
	if options.Review == nil {
		options.Review = fixed(admit.Outcome{Reason: reason.Unchanged})
	}
	server := httptest.NewTLSServer(handler.New(options))
	t.Cleanup(server.Close)
	w.client, w.url = server.Client(), server.URL+"/mutate"
	return w
}

func fixed(o admit.Outcome) func(admit.Input) admit.Outcome {
	return func(admit.Input) admit.Outcome { return o }
}

// request is an admission request. What is left out: create, of uid 1, in "serverless".
type request struct {
	uid, namespace, subresource string
	operation                   admissionv1.Operation
	object, old                 string
}

func create(object string) request { return request{object: object} }

// body is the request as the API server writes it.
func (r request) body() string {
	of := struct{ APIVersion, Kind string }{}
	if err := yaml.Unmarshal([]byte(or(r.object, r.old)), &of); err != nil {
		panic(err)
	}
	group, version, found := strings.Cut(of.APIVersion, "/")
	if !found {
		group, version = "", of.APIVersion
	}
	text, err := json.Marshal(admissionv1.AdmissionReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "admission.k8s.io/v1", Kind: "AdmissionReview"},
		Request: &admissionv1.AdmissionRequest{
			UID:  types.UID(or(r.uid, "1")),
			Kind: metav1.GroupVersionKind{Group: group, Version: version, Kind: of.Kind},
			Name: "web", Namespace: or(r.namespace, "serverless"), SubResource: r.subresource,
			Operation: admissionv1.Operation(or(string(r.operation), string(admissionv1.Create))),
			Object:    raw(r.object), OldObject: raw(r.old),
		},
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// raw is an object, or null.
func raw(object string) runtime.RawExtension {
	if object == "" {
		return runtime.RawExtension{}
	}
	return runtime.RawExtension{Raw: []byte(object)}
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// body is a reader whose size is told to the server or not.
func body(text string, unsized bool) io.Reader {
	if unsized {
		return io.MultiReader(strings.NewReader(text))
	}
	return strings.NewReader(text)
}

// review sends a request and gives the answer.
func (w *world) review(t *testing.T, r request) *admissionv1.AdmissionResponse {
	t.Helper()
	status, says := w.send(t, http.MethodPost, "", body(r.body(), false))
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, says)
	}
	return decode(t, says)
}

// send makes one HTTP request: POST of application/json, where nothing else is said ("-" stands for no content type).
func (w *world) send(t testing.TB, method, contentType string, body io.Reader) (status int, says string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), or(method, http.MethodPost), w.url, body)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "-" {
		r.Header.Set("Content-Type", or(contentType, "application/json"))
	}
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// requests and problems are lines of what wantCounts compares.
func requests(kind, operation, outcome string) string {
	return fmt.Sprintf("plimsoll_admission_requests_total %s %s %s\n", kind, operation, outcome)
}

func problems(reason string) string {
	return fmt.Sprintf("plimsoll_admission_problems_total %s\n", reason)
}

// wantCounts compares all counters that are not 0; a counter above 1 stands there as often. Durations are counted as often
// as requests.
func (w *world) wantCounts(t *testing.T, want string) {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var answered, timed uint64
	for _, f := range families {
		for _, m := range f.GetMetric() {
			line := f.GetName()
			for _, l := range m.GetLabel() {
				line += " " + l.GetValue()
			}
			got = append(got, slices.Repeat([]string{line + "\n"}, int(m.GetCounter().GetValue()))...)
			timed += m.GetHistogram().GetSampleCount()
			if f.GetName() == "plimsoll_admission_requests_total" {
				answered += uint64(m.GetCounter().GetValue())
			}
		}
	}
	wanted := strings.SplitAfter(want, "\n")
	wanted = wanted[:len(wanted)-1]
	slices.Sort(got)
	slices.Sort(wanted)
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	if answered != timed {
		t.Errorf("%d requests answered, %d durations observed", answered, timed)
	}
}
