package jetstream

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// nodesMost bounds how many nodes of a cluster are asked.
const nodesMost = 32

// reader reads one batch at a time.
type reader struct {
	client *client
	// nodes are the monitoring ports of the cluster's nodes, as the endpoint last said; ids are who answered there.
	nodes []string
	ids   map[string]string
}

func newReader(e endpoint) *reader { return &reader{client: newClient(e), ids: map[string]string{}} }

// Close lets go of the server.
func (r *reader) Close() error {
	r.client.hangUp()
	return nil
}

// Read asks the endpoint for all accounts, and the other nodes of its cluster for the consumers that they lead.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	b := newBatch(queries)
	first := r.ask(ctx, r.client.endpoint.host, b.owners)
	if first.err != nil {
		return nil, first.err
	}
	b.take(first)
	if first.clustered() && !b.complete() {
		r.askOthers(ctx, b, first.id())
	}
	return b.readings(queries), nil
}

// answer is what a node said, one page for each account.
type answer struct {
	host  string
	pages []*jsz
	err   error
}

func (a *answer) id() string {
	if len(a.pages) == 0 {
		return ""
	}
	return a.pages[0].ServerID
}

func (a *answer) clustered() bool { return len(a.pages) > 0 && a.pages[0].Meta.Size > 1 }

// ask asks one node about all accounts, one after the other.
func (r *reader) ask(ctx context.Context, host string, owners []owner) answer {
	a := answer{host: host}
	for _, o := range owners {
		page, err := r.client.jsz(ctx, host, o)
		if err != nil {
			return answer{host: host, err: err}
		}
		a.pages = append(a.pages, page)
	}
	return a
}

// askOthers asks the nodes besides the one that has answered already. Only where some consumer has no answer after that, it
// looks for nodes that have joined since.
func (r *reader) askOthers(ctx context.Context, b *batch, answered string) {
	known := slices.Clone(r.nodes)
	r.askAll(ctx, b, slices.DeleteFunc(slices.Clone(known), func(host string) bool { return r.ids[host] == answered }))
	if b.complete() {
		return
	}
	found, err := r.findNodes(ctx)
	if err != nil {
		b.silent = append(b.silent, err)
		return
	}
	r.nodes = found
	maps.DeleteFunc(r.ids, func(host, _ string) bool { return !slices.Contains(found, host) })
	r.askAll(ctx, b, slices.DeleteFunc(slices.Clone(found), func(host string) bool { return slices.Contains(known, host) }))
}

// askAll asks nodes at the same time.
func (r *reader) askAll(ctx context.Context, b *batch, hosts []string) {
	answers := make([]answer, len(hosts))
	var asking sync.WaitGroup
	for i, host := range hosts {
		asking.Go(func() { answers[i] = r.ask(ctx, host, b.owners) })
	}
	asking.Wait()
	for i := range answers {
		r.ids[answers[i].host] = answers[i].id()
		b.take(answers[i])
	}
}

// findNodes gives the monitoring ports of the cluster's nodes.
func (r *reader) findNodes(ctx context.Context) ([]string, error) {
	v, err := r.client.varz(ctx)
	if err != nil {
		return nil, err
	}
	hosts := nodesOf(v, r.client.endpoint.host)
	switch {
	case len(hosts) == 0:
		return nil, errNoNodes
	case len(hosts) > nodesMost:
		return nil, fmt.Errorf("the cluster has %d nodes, and at most %d are asked", len(hosts), nodesMost)
	}
	return hosts, nil
}
