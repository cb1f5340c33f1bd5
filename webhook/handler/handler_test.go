package handler_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
)

const (
	notReviewed  = "plimsoll did not review this object, it was accepted as it is: "
	defectOfOurs = notReviewed + "internal error; the log of plimsoll says more"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	jsonPatch := admissionv1.PatchTypeJSONPatch
	for name, tc := range map[string]struct {
		review func(admit.Input) admit.Outcome
		want   admissionv1.AdmissionResponse
		counts string
	}{
		"nothing to do": {
			review: fixed(admit.Outcome{Reason: reason.Unchanged}),
			want:   admissionv1.AdmissionResponse{Allowed: true},
			counts: requests("Deployment", "CREATE", "Unchanged"),
		},
		"not looked at": {
			review: fixed(admit.Outcome{Reason: reason.NotEnrolled, Skipped: "is being deleted"}),
			want:   admissionv1.AdmissionResponse{Allowed: true},
			counts: requests("Deployment", "CREATE", "NotEnrolled"),
		},
		"completed": {
			review: fixed(admit.Outcome{
				Reason:   reason.Completed,
				Warnings: []string{"plimsoll.dev/ttl: on a Deployment means nothing"},
				Ops:      []patch.Op{{Op: "add", Path: "/spec/replicas", Value: 0}, {Op: "remove", Path: "/spec/paused"}},
				Changes: []patch.Change{
					{Path: "spec.replicas", Key: intent.KeyMinReplicas, To: "0"}, {Path: "spec.paused", Key: intent.KeyPaused, From: "true", To: "null"},
					{Path: "spec.x", Key: intent.KeyPaused, To: "1"},
				},
			}),
			want: admissionv1.AdmissionResponse{
				Allowed: true, Warnings: []string{"plimsoll.dev/ttl: on a Deployment means nothing"},
				Patch:     []byte(`[{"op":"add","path":"/spec/replicas","value":0},{"op":"remove","path":"/spec/paused"}]`),
				PatchType: &jsonPatch, AuditAnnotations: map[string]string{"changes": "3 fields by plimsoll.dev/min-replicas, plimsoll.dev/paused"},
			},
			counts: requests("Deployment", "CREATE", "Completed"),
		},
		"one mistake": {
			review: fixed(admit.Outcome{Reason: reason.InvalidValue, Denials: []string{"plimsoll.dev/cpu: is wrong"}}),
			want:   denied(metav1.StatusReasonInvalid, http.StatusUnprocessableEntity, "plimsoll.dev/cpu: is wrong"),
			counts: requests("Deployment", "CREATE", "Denied"),
		},
		"several mistakes": {
			review: fixed(admit.Outcome{Reason: reason.InvalidValue, Denials: []string{"one", "two"}}),
			want:   denied(metav1.StatusReasonInvalid, http.StatusUnprocessableEntity, "2 problems:\n* one\n* two"),
			counts: requests("Deployment", "CREATE", "Denied"),
		},
		"a rule forbids it": {
			review: fixed(admit.Outcome{Denials: []string{"more than the guardrail allows"}}),
			want:   denied(metav1.StatusReasonForbidden, http.StatusForbidden, "more than the guardrail allows"),
			counts: requests("Deployment", "CREATE", "Denied"),
		},
		"a denial has no patch": {
			review: fixed(admit.Outcome{Reason: reason.InvalidValue, Denials: []string{"no"}, Ops: []patch.Op{{Op: "remove", Path: "/spec"}}}),
			want:   denied(metav1.StatusReasonInvalid, http.StatusUnprocessableEntity, "no"),
			counts: requests("Deployment", "CREATE", "Denied"),
		},
		"a panic": {
			review: func(admit.Input) admit.Outcome { panic("secret detail") },
			want:   admissionv1.AdmissionResponse{Allowed: true, Warnings: []string{defectOfOurs}},
			counts: requests("Deployment", "CREATE", "Unreviewed") + problems("Panic"),
		},
		"a panic while answering": {
			review: fixed(admit.Outcome{Ops: []patch.Op{{Op: "add", Path: "/spec", Value: explosive{}}}}),
			want:   admissionv1.AdmissionResponse{Allowed: true, Warnings: []string{defectOfOurs}},
			counts: requests("Deployment", "CREATE", "Unreviewed") + problems("Panic"),
		},
		"a patch that JSON cannot say": {
			review: fixed(admit.Outcome{Ops: []patch.Op{{Op: "add", Path: "/spec", Value: make(chan int)}}}),
			want:   admissionv1.AdmissionResponse{Allowed: true, Warnings: []string{defectOfOurs}},
			counts: requests("Deployment", "CREATE", "Unreviewed") + problems("EncodingFailed"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, handler.Options{Review: tc.review})
			response := w.review(t, create(annotated))
			tc.want.UID = "1"
			if diff := cmp.Diff(&tc.want, response); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			w.wantCounts(t, tc.counts)
		})
	}
}

// explosive is a value whose encoding is a defect.
type explosive struct{}

func (explosive) MarshalJSON() ([]byte, error) { panic("does not encode") }

func denied(r metav1.StatusReason, code int32, message string) admissionv1.AdmissionResponse {
	return admissionv1.AdmissionResponse{
		Result: &metav1.Status{Status: metav1.StatusFailure, Message: message, Reason: r, Code: code},
	}
}

// TestWhatTheCoreIsGiven: the core sees the request as it came, and only requests that are its business.
func TestWhatTheCoreIsGiven(t *testing.T) {
	t.Parallel()
	update := request{operation: admissionv1.Update, object: annotated, old: plain}
	for name, tc := range map[string]struct {
		request request
		want    *admit.Input
		counts  string
	}{
		"create": {
			request: create(annotated), want: &admit.Input{Operation: admit.Create, Object: []byte(annotated)},
			counts: requests("Deployment", "CREATE", "Unchanged"),
		},
		"update": {
			request: update, want: &admit.Input{Operation: admit.Update, Object: []byte(annotated), OldObject: []byte(plain)},
			counts: requests("Deployment", "UPDATE", "Unchanged"),
		},
		"delete":            {request: request{operation: admissionv1.Delete, old: annotated}, counts: requests("Other", "Other", "NotEnrolled")},
		"connect":           {request: request{operation: admissionv1.Connect, object: annotated}, counts: requests("Other", "Other", "NotEnrolled")},
		"a subresource":     {request: request{object: annotated, subresource: "scale"}, counts: requests("Other", "CREATE", "NotEnrolled")},
		"another kind":      {request: request{object: `{"apiVersion":"apps/v1","kind":"DaemonSet"}`}, counts: requests("Other", "CREATE", "NotEnrolled")},
		"another version":   {request: request{object: `{"apiVersion":"apps/v1beta1","kind":"Deployment"}`}, counts: requests("Other", "CREATE", "NotEnrolled")},
		"a Namespace":       {request: request{object: `{"apiVersion":"v1","kind":"Namespace"}`}, counts: requests("Other", "CREATE", "NotEnrolled")},
		"exempt namespace":  {request: request{object: annotated, namespace: "exempt"}, counts: requests("Deployment", "CREATE", "NotEnrolled")},
		"another namespace": {request: request{object: annotated, namespace: "absent"}, counts: requests("Deployment", "CREATE", "Unreviewed") + problems("NamespaceUnknown")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan admit.Input, 1)
			platform := &patch.Platform{}
			w := serve(t, handler.Options{Platform: platform, Review: func(in admit.Input) admit.Outcome {
				asked <- in
				return admit.Outcome{Reason: reason.Unchanged}
			}})
			if response := w.review(t, tc.request); !response.Allowed {
				t.Errorf("denied: %+v", response)
			}
			if tc.want != nil {
				tc.want.Platform, tc.want.Namespace = platform, w.namespaces["serverless"]
			}
			if diff := cmp.Diff(tc.want, poll(asked), cmpopts.EquateEmpty(), cmp.Comparer(samePointer[resolve.Namespace]), cmp.Comparer(samePointer[patch.Platform])); diff != "" {
				t.Errorf("input (-want +got):\n%s", diff)
			}
			w.wantCounts(t, tc.counts)
		})
	}
}

func samePointer[T any](a, b *T) bool { return a == b }

// poll gives what is in a channel, nil where there is nothing.
func poll[T any](c <-chan T) *T {
	select {
	case v := <-c:
		return &v
	default:
		return nil
	}
}

func TestNamespaceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := serve(t, handler.Options{Namespaces: failing{errors.New("the API server is away")}})
	want := []string{notReviewed + "reading namespace serverless: the API server is away"}
	if response := w.review(t, create(annotated)); !response.Allowed || !cmp.Equal(want, response.Warnings) {
		t.Errorf("answer %+v, want a warning %q", response, want)
	}
	w.wantCounts(t, requests("Deployment", "CREATE", "Unreviewed")+problems("NamespaceUnknown"))
}

type failing struct{ err error }

func (f failing) Get(context.Context, string) (*resolve.Namespace, error) { return nil, f.err }

// TestDeadline: the answer comes before the API server stops waiting, whatever takes so long.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, stuck := range map[string]func(<-chan struct{}) handler.Options{
		"in the core": func(end <-chan struct{}) handler.Options {
			return handler.Options{Review: func(admit.Input) admit.Outcome { <-end; return admit.Outcome{} }}
		},
		"reading the namespace": func(<-chan struct{}) handler.Options {
			return handler.Options{Namespaces: waiting{}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			defer close(end)
			w := serve(t, stuck(end))
			w.url += "?timeout=50ms"
			want := []string{notReviewed + "the time for it was over"}
			if response := w.review(t, create(annotated)); !response.Allowed || !cmp.Equal(want, response.Warnings) {
				t.Errorf("answer %+v, want a warning %q", response, want)
			}
			w.wantCounts(t, requests("Deployment", "CREATE", "Unreviewed")+problems("DeadlineExceeded"))
		})
	}
}

// TestLateConnectionIsClosed: a connection whose review goes on is of no use for the next request.
func TestLateConnectionIsClosed(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	defer close(end)
	w := serve(t, handler.Options{Review: func(admit.Input) admit.Outcome { <-end; return admit.Outcome{} }})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"?timeout=50ms", strings.NewReader(create(annotated).body()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if !response.Close {
		t.Error("the connection is kept")
	}
}

// waiting is a namespace that does not come.
type waiting struct{}

func (waiting) Get(ctx context.Context, _ string) (*resolve.Namespace, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestRefusals: what is not a request of the API server's gets an HTTP status and no answer.
func TestRefusals(t *testing.T) {
	t.Parallel()
	valid := create(annotated).body()
	for name, tc := range map[string]struct {
		method, contentType, body string
		unsized                   bool
		want                      int
		says                      string
		counts                    string
	}{
		"GET":              {method: http.MethodGet, want: http.StatusMethodNotAllowed, says: "want POST", counts: problems("Malformed")},
		"YAML":             {contentType: "application/yaml", body: valid, want: http.StatusUnsupportedMediaType, says: `"application/yaml"`, counts: problems("Malformed")},
		"no content type":  {contentType: "-", body: valid, want: http.StatusUnsupportedMediaType, says: "want application/json", counts: problems("Malformed")},
		"with a charset":   {contentType: "application/json; charset=utf-8", body: valid, want: http.StatusOK, says: `"allowed":true`, counts: requests("Deployment", "CREATE", "Unchanged")},
		"empty":            {want: http.StatusBadRequest, says: "decoding AdmissionReview", counts: problems("Malformed")},
		"not JSON":         {body: "kind: AdmissionReview", want: http.StatusBadRequest, says: "decoding AdmissionReview", counts: problems("Malformed")},
		"cut off":          {body: valid[:len(valid)/2], want: http.StatusBadRequest, says: "decoding AdmissionReview", counts: problems("Malformed")},
		"two at once":      {body: valid + valid, want: http.StatusBadRequest, says: "nothing may follow", counts: problems("Malformed")},
		"wrong types":      {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":[]}`, want: http.StatusBadRequest, says: "decoding", counts: problems("Malformed")},
		"v1beta1":          {body: strings.Replace(valid, "admission.k8s.io/v1", "admission.k8s.io/v1beta1", 1), want: http.StatusBadRequest, says: `"admission.k8s.io/v1beta1"`, counts: problems("Malformed")},
		"another kind":     {body: strings.Replace(valid, "AdmissionReview", "TokenReview", 1), want: http.StatusBadRequest, says: `"TokenReview"`, counts: problems("Malformed")},
		"without request":  {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`, want: http.StatusBadRequest, says: "request is missing", counts: problems("Malformed")},
		"without uid":      {body: strings.Replace(valid, `"uid":"1"`, `"uid":""`, 1), want: http.StatusBadRequest, says: "request.uid is missing", counts: problems("Malformed")},
		"too large":        {body: padded(handler.MaxBody + 1), want: http.StatusRequestEntityTooLarge, says: "7340033 bytes", counts: problems("BodyTooLarge")},
		"too large, later": {body: padded(handler.MaxBody + 1), unsized: true, want: http.StatusRequestEntityTooLarge, says: "7340032 bytes are the most", counts: problems("BodyTooLarge")},
		"just not":         {body: padded(handler.MaxBody), want: http.StatusOK, says: `"allowed":true`, counts: requests("Deployment", "CREATE", "Unchanged")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(t, handler.Options{})
			status, says := w.send(t, tc.method, tc.contentType, body(tc.body, tc.unsized))
			if status != tc.want || !strings.Contains(says, tc.says) {
				t.Errorf("%d %q, want %d and %q in it", status, says, tc.want, tc.says)
			}
			w.wantCounts(t, tc.counts)
		})
	}
}

// padded is a valid request of a size.
func padded(size int) string {
	valid := create(annotated).body()
	return valid + strings.Repeat(" ", size-len(valid))
}

func decode(t *testing.T, says string) *admissionv1.AdmissionResponse {
	t.Helper()
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal([]byte(says), &review); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	if review.Response == nil || review.Request != nil || review.Kind != "AdmissionReview" || review.APIVersion != "admission.k8s.io/v1" {
		t.Fatalf("not an answer: %s", says)
	}
	return review.Response
}
