package handler

import (
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// request is the part of an AdmissionRequest that Plimsoll reads. The objects in it stay bytes, and are part of the body: the
// core decodes them, once.
type request struct {
	UID                  string
	Group, Version, Kind string
	SubResource          string
	Name, Namespace      string
	Operation            admit.Operation
	DryRun               bool
	// Object and OldObject are nil where there is none.
	Object, OldObject []byte
}

// envelope is the part of an AdmissionReview around it.
type envelope struct {
	apiVersion, kind string
	request          *request
}

// decodeReview reads a request from an AdmissionReview. The error says in what the body is not one.
func decodeReview(body []byte) (*request, error) {
	s := &scanner{data: body}
	e := envelope{}
	if err := errors.Join(s.envelope(&e), s.end()); err != nil {
		return nil, fmt.Errorf("decoding AdmissionReview: %w", err)
	}
	if want := "admission.k8s.io/v1"; e.kind != "AdmissionReview" || e.apiVersion != want {
		return nil, fmt.Errorf("apiVersion %q, kind %q: want %q, %q", e.apiVersion, e.kind, want, "AdmissionReview")
	}
	if e.request == nil {
		return nil, errors.New("request is missing")
	}
	if e.request.UID == "" {
		return nil, errors.New("request.uid is missing")
	}
	return e.request, nil
}

func (s *scanner) envelope(e *envelope) error {
	if s.peek() != '{' {
		return errors.New("there is no JSON object")
	}
	return s.object(func(key string) (err error) {
		switch key {
		case "apiVersion":
			e.apiVersion, err = s.text()
		case "kind":
			e.kind, err = s.text()
		case "request":
			if s.null() {
				return nil
			}
			e.request = &request{}
			err = s.request(e.request)
		default:
			err = s.skip()
		}
		return err
	})
}

func (s *scanner) request(r *request) error {
	return s.object(func(key string) (err error) {
		switch key {
		case "uid":
			r.UID, err = s.text()
		case "kind":
			err = s.groupVersionKind(r)
		case "subResource":
			r.SubResource, err = s.text()
		case "name":
			r.Name, err = s.text()
		case "namespace":
			r.Namespace, err = s.text()
		case "operation":
			err = s.operation(r)
		case "dryRun":
			r.DryRun = s.peek() == 't'
			err = s.skip()
		case "object":
			r.Object, err = s.raw()
		case "oldObject":
			r.OldObject, err = s.raw()
		default:
			err = s.skip()
		}
		return err
	})
}

func (s *scanner) operation(r *request) error {
	operation, err := s.text()
	r.Operation = admit.Operation(operation)
	return err
}

func (s *scanner) groupVersionKind(r *request) error {
	return s.object(func(key string) (err error) {
		switch key {
		case "group":
			r.Group, err = s.text()
		case "version":
			r.Version, err = s.text()
		case "kind":
			r.Kind, err = s.text()
		default:
			err = s.skip()
		}
		return err
	})
}

// workload says which kind of workload the request is about: Other where there is nothing for Plimsoll to look at. The API
// server should have kept those away; a webhook configuration that was edited may let them through.
func (r *request) workload() subject.Kind {
	if r.SubResource != "" || r.Operation != admit.Create && r.Operation != admit.Update {
		return subject.Other
	}
	kind := subject.KindOf(r.Group+"/"+r.Version, r.Kind)
	if kind == subject.Namespace {
		return subject.Other
	}
	return kind
}
