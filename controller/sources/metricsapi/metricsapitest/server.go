// Package metricsapitest is an API server that serves one aggregated metrics API, for tests that need no cluster: what it
// answers is set path by path.
package metricsapitest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// Server is a running server.
type Server struct {
	*httptest.Server
	group string

	mu       sync.Mutex
	versions []string
	answers  map[string]any
	status   int
	requests []string
}

// Start starts a server of a group in the given versions, the preferred one first.
func Start(t *testing.T, group string, versions ...string) *Server {
	t.Helper()
	s := &Server{group: group, versions: versions, answers: map[string]any{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.EnableHTTP2 = true // as an API server: many requests are one connection
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// Config is for a client that reaches the server at an address, host:port.
func Config(address string) *rest.Config {
	return &rest.Config{Host: "https://" + address, QPS: -1, TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
}

// Address of the server, host:port.
func (s *Server) Address() string { return s.Listener.Addr().String() }

// Put sets the answer at a path below /apis/GROUP/, such as "v1beta2/namespaces/ns/pods/*/depth", with the selector of the
// request behind a question mark where it has one. Nil takes it away.
func (s *Server) Put(path string, answer any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = answer
	if answer == nil {
		delete(s.answers, path)
	}
}

// Serve sets the versions; none is a group that is not there.
func (s *Server) Serve(versions ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions = versions
}

// Fail has everything but discovery answer with a status; 0 ends that.
func (s *Server) Fail(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// Requests gives what was asked since the last call, without discovery.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.requests
	s.requests = nil
	return out
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/apis/"+s.group && len(s.versions) > 0 {
		_ = json.NewEncoder(w).Encode(s.discovery())
		return
	}
	path := strings.TrimPrefix(r.URL.Path, "/apis/"+s.group+"/")
	query := r.URL.Query()
	if value := cmp.Or(query.Get("labelSelector"), query.Get("metricLabelSelector")); value != "" {
		path += "?" + value
	}
	s.requests = append(s.requests, path)
	version, _, _ := strings.Cut(path, "/")
	answer, ok := s.answers[path]
	switch {
	case s.status != 0:
		http.Error(w, http.StatusText(s.status), s.status)
	case !ok || !slices.Contains(s.versions, version):
		w.WriteHeader(http.StatusNotFound)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Reason: metav1.StatusReasonNotFound,
			Code: http.StatusNotFound, Message: "the server could not find it",
		})
	default:
		_ = json.NewEncoder(w).Encode(answer)
	}
}

func (s *Server) discovery() metav1.APIGroup {
	g := metav1.APIGroup{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIGroup"}, Name: s.group}
	for _, v := range s.versions {
		g.Versions = append(g.Versions, metav1.GroupVersionForDiscovery{GroupVersion: s.group + "/" + v, Version: v})
	}
	g.PreferredVersion = g.Versions[0]
	return g
}
