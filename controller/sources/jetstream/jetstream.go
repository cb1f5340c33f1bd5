// Package jetstream reads how far consumers of NATS JetStream are behind, from the monitoring port of the server. All
// consumers of one server are read together: one request for each account, and in a cluster one for each account and node.
package jetstream

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source makes queries of nats-jetstream triggers.
type Source struct{}

// query is what one consumer has not acknowledged.
type query struct {
	consumer place
	endpoint endpoint
	server   string
}

// place says which consumer of which stream of which account.
type place struct {
	owner            owner
	stream, consumer string
}

// owner is an account as a trigger names it: by its ID or its name.
type owner struct{ id, name string }

// key is what the server is asked for.
func (o owner) key() string { return cmp.Or(o.id, o.name) }

// is says whether an account of the answer is this one.
func (o owner) is(id, name string) bool { return id == o.key() || o.name != "" && name == o.name }

// endpoint is everything that a connection needs.
type endpoint struct {
	// host is host:port of the monitoring port.
	host string
	// tls.Config is nil where it is reached in the open.
	tls sources.TLS
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

func queryFrom(p *sources.Parameters) (query, error) {
	q := query{
		consumer: place{owner{p.Get("accountID"), p.Get("account")}, p.Get("stream"), p.Get("consumer")},
		endpoint: endpoint{host: p.Get("natsServerMonitoringEndpoint")},
	}
	switch {
	case q.consumer.owner.key() == "":
		return q, errors.New("the account is missing: legal is account, or accountID")
	case q.consumer.stream == "":
		return q, errors.New("stream is missing")
	case q.consumer.consumer == "":
		return q, errors.New("consumer is missing")
	case !trigger.IsAuthority(q.endpoint.host):
		return q, fmt.Errorf("natsServerMonitoringEndpoint %q is not of the form host:port", q.endpoint.host)
	}
	var err error
	if p.True("useHttps") {
		q.endpoint.tls, err = sources.TLSFrom(p)
	}
	q.server = q.endpoint.String()
	return q, err
}

// String names the server and, by a digest, the credentials.
func (e *endpoint) String() string {
	return fmt.Sprintf("nats-jetstream+%s#%s", e.url(e.host), sources.Digest(e.tls.Key()))
}

// url gives the address of a node's monitoring port.
func (e *endpoint) url(host string) string {
	if e.tls.Config != nil {
		return "https://" + host
	}
	return "http://" + host
}

// Server names the server and, by a digest, the credentials.
func (q query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q query) Open() sources.Reader { return newReader(q.endpoint) }
