// Package redis reads the lengths of Redis lists and what waits in Redis streams, from one server, a cluster, or the master
// that Sentinels name. All that is read from one of them with the same credentials shares one connection for each node, and
// one round trip.
package redis

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source makes queries of one type of trigger.
type Source struct {
	// Topology is how the type reaches its data.
	Topology Topology
	// Streams says whether the type is about streams; else it is about lists.
	Streams bool
}

// Topology is how servers are arranged.
type Topology uint8

// The arrangements: one server, a Redis Cluster, a master that Sentinels name.
const (
	Server Topology = iota
	Cluster
	Sentinel
)

// String names the arrangement for people.
func (t Topology) String() string {
	return [...]string{Server: "redis", Cluster: "redis cluster", Sentinel: "redis sentinel"}[t]
}

// query is one question to one server.
type query struct {
	question question
	access   access
	server   string
}

// access is everything that a connection needs.
type access struct {
	topology           Topology
	addresses          []string
	username, password string
	database           int
	// tls.Config is nil where the server is reached in the open.
	tls      sources.TLS
	sentinel sentinel
}

// sentinel is what Sentinels are asked, and as whom.
type sentinel struct{ master, username, password string }

// Query reads the parameters.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	a, err := accessFrom(&p, s.Topology)
	if err != nil {
		return nil, failure.Mistake(err)
	}
	q := query{access: a, server: a.String()}
	if s.Streams {
		q.question, err = streamFrom(&p, trigger.StreamTarget(*r.Signal.TriggerRef))
	} else {
		q.question, err = listFrom(&p)
	}
	if err != nil {
		return nil, failure.Mistake(err)
	}
	return q, nil
}

func accessFrom(p *sources.Parameters, topology Topology) (access, error) {
	a := access{topology: topology, username: p.Get("username"), password: p.Get("password")}
	var err error
	if a.addresses, err = addresses(p); err != nil {
		return a, err
	}
	if topology == Server {
		a.addresses = a.addresses[:1]
	}
	if a.username != "" && a.password == "" {
		return a, fmt.Errorf("username is given and password is missing")
	}
	if topology == Sentinel {
		a.sentinel = sentinel{p.Get("sentinelMaster"), p.Get("sentinelUsername"), p.Get("sentinelPassword")}
		if a.sentinel.master == "" {
			return a, fmt.Errorf("sentinelMaster is missing: legal is the name that the Sentinels know the master by")
		}
	}
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

// addresses gives at least one address.
func addresses(p *sources.Parameters) ([]string, error) {
	all := split(p.Get("address"))
	if len(all) == 0 {
		hosts, ports := split(p.Get("host")), split(p.Get("port"))
		if len(hosts) == 0 || len(ports) == 0 {
			return nil, fmt.Errorf("the server is missing: legal is address as host:port, or host with port")
		}
		if len(hosts) != len(ports) {
			return nil, fmt.Errorf("%d hosts and %d ports: legal is a port for each host", len(hosts), len(ports))
		}
		for i, host := range hosts {
			all = append(all, net.JoinHostPort(host, ports[i]))
		}
	}
	for _, address := range all {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, fmt.Errorf("address %q is not of the form host:port", address)
		}
	}
	return all, nil
}

// split gives the parts of a list with commas that hold something.
func split(list string) []string {
	var parts []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// String names the server and the credentials, the latter by a digest.
func (a *access) String() string {
	secret := sources.Digest(a.username, a.password, a.tls.Key(), a.sentinel.username, a.sentinel.password)
	where := strings.Join(a.addresses, ",")
	if a.topology == Sentinel {
		where += "/" + a.sentinel.master
	}
	return fmt.Sprintf("%s://%s/%d#%s", strings.ReplaceAll(a.topology.String(), " ", "-"), where, a.database, secret)
}

// place names the server for people.
func (a *access) place() string {
	where := a.topology.String() + " " + strings.Join(a.addresses, ",")
	if a.topology == Sentinel {
		where += " " + a.sentinel.master
	}
	return where
}

// Server names the server and, by a digest, the credentials.
func (q query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q query) Open() sources.Reader { return newReader(q.access) }
