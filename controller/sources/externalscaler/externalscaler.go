// Package externalscaler asks programs that speak KEDA's external-scaler protocol: anybody's own (trigger types external and
// external-push) and plimsoll-scalers, which serves the types without a source here. There is one connection for each server.
package externalscaler

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source makes queries of external triggers.
type Source struct {
	// Push: the scaler tells of news by itself.
	Push bool
}

// query is about one trigger of one scaler.
type query struct {
	access access
	server string
	ref    *protocol.ScaledObjectRef
}

// pushed is a query whose scaler tells of news.
type pushed struct{ query }

// access is everything that a connection needs.
type access struct {
	address string
	tls     sources.TLS
	// name of the server, for people.
	name string
}

// Query reads the parameters.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	a, err := accessFrom(&p)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	q := query{access: a, server: "external://" + a.address + "#" + sources.Digest(a.tls.Key()), ref: &protocol.ScaledObjectRef{
		Name: r.Target.Name, Namespace: r.Namespace, ScalerMetadata: metadataOf(&r),
	}}
	if s.Push {
		return pushed{q}, nil
	}
	return q, nil
}

func accessFrom(p *sources.Parameters) (access, error) {
	a := access{address: p.Get("scalerAddress")}
	if a.address == "" {
		return a, errors.New("scalerAddress is missing; legal is host:port")
	}
	a.name = "external scaler " + a.address
	if !p.True("enableTLS") && p.Get("ca") == "" && p.Get("cert") == "" {
		return a, nil
	}
	var err error
	a.tls, err = sources.TLSFrom(p)
	return a, err
}

// metadataOf gives the scaler the trigger's metadata, as KEDA does: a key that names a variable of the target's environment
// holds the variable's value there.
func metadataOf(r *sources.Request) map[string]string {
	metadata := maps.Clone(r.Signal.TriggerRef.Metadata)
	for key, name := range metadata {
		if strings.HasSuffix(key, trigger.EnvSuffix) {
			metadata[key] = r.Env[name]
		}
	}
	return metadata
}

// Server names the server and, by a digest, the credentials.
func (q query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q query) Open() sources.Reader { return newReader(q.access) }

// Watch has notify called at whatever the scaler tells, until the context ends.
func (q pushed) Watch(ctx context.Context, r sources.Reader, notify func()) {
	if r, ok := r.(*reader); ok {
		watcher{reader: r, ref: q.ref, notify: notify, first: watchFirst, most: watchMost}.run(ctx)
	}
}

// asked gives what a query asks about; nil where it is not one of ours.
func asked(q sources.Query) *protocol.ScaledObjectRef {
	switch q := q.(type) {
	case query:
		return q.ref
	case pushed:
		return q.ref
	}
	return nil
}
