// Package prometheus asks Prometheus, and what speaks its API, for the value of expressions. Equal questions of one batch are
// asked once, and all go over a few connections.
package prometheus

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/web"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source makes queries of prometheus triggers.
type Source struct{}

// query is one trigger's.
type query struct {
	question *question
	// nullIsZero: no data, NaN and infinite values are 0.
	nullIsZero bool
	// base is the server's address without a slash at its end.
	base   string
	access web.Access
	server string
}

// question is one request. Those with equal keys are the same.
type question struct {
	key     string
	form    string
	header  http.Header
	timeout time.Duration
}

// Query reads the parameters.
func (Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	q, err := queryFrom(&p)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	return q, nil
}

func queryFrom(p *sources.Parameters) (*query, error) {
	if err := trigger.CheckAddress(p.Get("serverAddress")); err != nil {
		return nil, fmt.Errorf("serverAddress: %w", err)
	}
	asked, err := questionFrom(p)
	if err != nil {
		return nil, err
	}
	access, err := web.AccessFrom(p, trigger.PrometheusModes())
	if err != nil {
		return nil, err
	}
	base := strings.TrimRight(p.Get("serverAddress"), "/")
	return &query{
		question: asked, nullIsZero: p.True("ignoreNullValues"), base: base, access: access,
		server: "prometheus+" + base + "#" + access.Digest(),
	}, nil
}

func questionFrom(p *sources.Parameters) (*question, error) {
	expression := p.Get("query")
	if strings.TrimSpace(expression) == "" {
		return nil, fmt.Errorf("query %q: legal is an expression of PromQL", expression)
	}
	more, err := trigger.Pairs(p.Get("queryParameters"))
	if err != nil {
		return nil, fmt.Errorf("queryParameters: %w", err)
	}
	headers, err := trigger.Headers(p.Get("customHeaders"))
	if err != nil {
		return nil, fmt.Errorf("customHeaders: %w", err)
	}
	timeout, err := trigger.Patience(p.Get("timeout"))
	if err != nil {
		return nil, fmt.Errorf("timeout %q: %w", p.Get("timeout"), err)
	}
	return newQuestion(formOf(expression, p.Get("namespace"), more), headers, timeout), nil
}

func formOf(expression, namespace string, more map[string]string) url.Values {
	form := url.Values{"query": {expression}}
	if namespace != "" {
		form.Set("namespace", namespace)
	}
	for name, value := range more {
		form.Add(name, value)
	}
	return form
}

func newQuestion(form url.Values, headers map[string]string, timeout time.Duration) *question {
	q := &question{form: form.Encode(), header: http.Header{}, timeout: cmp.Or(timeout, web.Patience)}
	for name, value := range headers {
		q.header.Set(name, value)
	}
	q.key = fmt.Sprintf("%s %q %s", q.form, q.header, q.timeout)
	return q
}

// Server names the server and, by a digest, the credentials.
func (q *query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q *query) Open() sources.Reader {
	name := "prometheus " + q.base
	return &reader{name: name, base: q.base, client: web.NewClient(name, q.access)}
}
