// Package redis reads the lengths of Redis lists. All lists of one server, read with the same credentials, share one
// connection and one round trip.
package redis

import (
	"fmt"
	"net"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Source makes queries of redis triggers.
type Source struct{}

// query is the length of one list.
type query struct {
	list   string
	access access
	server string
}

// access is everything that a connection needs.
type access struct {
	address            string
	username, password string
	database           int
	// tls.Config is nil where the server is reached in the open.
	tls sources.TLS
}

// Query reads the parameters.
func (Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	a, err := accessFrom(&p)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	list := p.Get("listName")
	if list == "" {
		return nil, failure.Mistake(fmt.Errorf("listName is missing"))
	}
	return query{list: list, access: a, server: a.String()}, nil
}

func accessFrom(p *sources.Parameters) (access, error) {
	a := access{address: p.Get("address"), username: p.Get("username"), password: p.Get("password")}
	if a.address == "" {
		host, port := p.Get("host"), p.Get("port")
		if host == "" || port == "" {
			return a, fmt.Errorf("the server is missing: legal is address as host:port, or host with port")
		}
		a.address = net.JoinHostPort(host, port)
	}
	if _, _, err := net.SplitHostPort(a.address); err != nil {
		return a, fmt.Errorf("address %q is not of the form host:port", a.address)
	}
	if a.username != "" && a.password == "" {
		return a, fmt.Errorf("username is given and password is missing")
	}
	var err error
	if index := p.Get("databaseIndex"); index != "" {
		if a.database, err = strconv.Atoi(index); err != nil || a.database < 0 {
			return a, fmt.Errorf("databaseIndex %q is not a whole number from 0", index)
		}
	}
	if p.True("enableTLS") || p.True("tls") {
		a.tls, err = sources.TLSFrom(p)
	}
	return a, err
}

// String names the server and the credentials, the latter by a digest.
func (a *access) String() string {
	return fmt.Sprintf("redis://%s/%d#%s", a.address, a.database, sources.Digest(a.username, a.password, a.tls.Key()))
}

// Server names the server and, by a digest, the credentials.
func (q query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q query) Open() sources.Reader { return newReader(q.access) }
