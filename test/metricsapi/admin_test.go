package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/labels"
)

func call(s *store, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	adminHandler(s).ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestSettingValues(t *testing.T) {
	s := newStore()
	for path, want := range map[string]int{
		"/value?metric=m&value=10&namespace=ns&labels=queue%3Da":         http.StatusOK,
		"/value?metric=m&value=20&namespace=ns&labels=queue%3Db":         http.StatusOK,
		"/value?metric=m&value=1e30&namespace=ns&resource=pods&object=*": http.StatusOK,
		"/value?metric=m&value=many":                                     http.StatusBadRequest,
		"/value?value=1":                                                 http.StatusBadRequest,
		"/value?metric=m&value=1&resource=pods":                          http.StatusBadRequest,
		"/value?metric=m&value=1&labels=a":                               http.StatusBadRequest,
		"/hang?for=soon":                                                 http.StatusBadRequest,
	} {
		if got := call(s, http.MethodPut, path).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	external := series{namespace: "ns", metric: "m"}
	b, _ := labels.Parse("queue=b")
	if found := s.find(external, labels.Everything()); len(found) != 2 {
		t.Errorf("everything finds %v", found)
	}
	if found := s.find(external, b); len(found) != 1 {
		t.Errorf("a selector finds %v", found)
	}
	if m := s.find(external, b)["queue=b"]; m.value.Value() != 20 || time.Since(m.at) > time.Minute {
		t.Errorf("%+v", m)
	}
	call(s, http.MethodDelete, "/value?metric=m&namespace=ns&labels=queue%3Db")
	if found := s.find(external, b); len(found) != 0 {
		t.Errorf("still there: %v", found)
	}
}

func TestAsked(t *testing.T) {
	s := newStore()
	s.ask("m")
	s.ask("m")
	if got := call(s, http.MethodGet, "/asked?metric=m").Body.String(); got != "2" {
		t.Errorf("asked %s times", got)
	}
	call(s, http.MethodPut, "/hang?for=50ms")
	began := time.Now()
	if s.ask("m"); time.Since(began) < 50*time.Millisecond {
		t.Error("it does not hang")
	}
}
