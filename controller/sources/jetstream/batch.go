package jetstream

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// batch gathers what nodes say about the consumers that somebody asks for.
type batch struct {
	owners []owner
	// wanted is what is known of each consumer; nil while no node has said anything of it.
	wanted map[place]*state
	// seen are accounts (without a stream) and streams (without a consumer) that some node has.
	seen map[place]bool
	open int
	// silent says which nodes did not answer, and why. size is how many there are, outside of clusters 0, and nodes are the IDs
	// of those that answered.
	silent []error
	size   int
	nodes  map[string]bool
}

// state is what is known of one consumer.
type state struct {
	// value in milli-units, where the consumer's leader has said it.
	value int64
	known bool
	// leader is the node's name, as another node says; empty where there is none at the moment.
	leader string
}

func newBatch(queries []sources.Query) *batch {
	b := &batch{wanted: map[place]*state{}, seen: map[place]bool{}, nodes: map[string]bool{}}
	for _, q := range queries {
		q, ok := q.(query)
		if !ok {
			continue
		}
		b.wanted[q.consumer] = nil
		if !slices.Contains(b.owners, q.consumer.owner) {
			b.owners = append(b.owners, q.consumer.owner)
		}
	}
	b.open = len(b.wanted)
	return b
}

// complete says whether every consumer has its answer.
func (b *batch) complete() bool { return b.open == 0 }

// take takes what a node said.
func (b *batch) take(a answer) {
	if a.err != nil {
		b.silent = append(b.silent, a.err)
		return
	}
	b.nodes[a.id()] = true
	for i, page := range a.pages {
		b.size = max(b.size, page.Meta.Size)
		b.takePage(b.owners[i], page)
	}
}

// takePage takes the accounts that are the owner's. A server that does not know the one it was asked for may list all.
func (b *batch) takePage(o owner, page *jsz) {
	for _, account := range page.Accounts {
		if !o.is(account.ID, account.Name) {
			continue
		}
		b.seen[place{owner: o}] = true
		for _, stream := range account.Streams {
			b.seen[place{owner: o, stream: stream.Name}] = true
			for i := range stream.Consumers {
				b.takeConsumer(place{o, stream.Name, stream.Consumers[i].Name}, &stream.Consumers[i])
			}
		}
	}
}

func (b *batch) takeConsumer(p place, c *consumer) {
	old, wanted := b.wanted[p]
	switch {
	case !wanted, old != nil && old.known:
	case c.leads():
		b.wanted[p] = &state{value: milli(c), known: true}
		b.open--
	default:
		b.wanted[p] = &state{leader: c.Group.Leader}
	}
}

// leads says whether the node that answers is the consumer's leader: only the leader knows the numbers. A node lists the
// others of the group besides itself, so the leader is not among the others on the leader alone. Outside of clusters there
// is no group.
func (c *consumer) leads() bool {
	if c.Group.Leader == "" {
		return len(c.Group.Others) == 0
	}
	return !slices.ContainsFunc(c.Group.Others, func(other struct{ Name string }) bool { return other.Name == c.Group.Leader })
}

// milli is KEDA's number: what waits, and what has been given out and not acknowledged.
func milli(c *consumer) int64 {
	const most = math.MaxInt64 / 1000
	return sources.Sum(int64(min(c.Pending, most))*1000, int64(min(c.Unacked, most))*1000)
}

// readings gives the answers, one for each query.
func (b *batch) readings(queries []sources.Query) []sources.Reading {
	readings := make([]sources.Reading, len(queries))
	for i, q := range queries {
		q, ok := q.(query)
		if !ok {
			readings[i].Err = fmt.Errorf("not a query for nats-jetstream: %T", queries[i])
			continue
		}
		if s := b.wanted[q.consumer]; s != nil && s.known {
			readings[i].Value = s.value
			continue
		}
		readings[i].Err = b.why(q.consumer)
	}
	return readings
}

// why says why a consumer has no answer.
func (b *batch) why(p place) error {
	var text string
	switch s := b.wanted[p]; {
	case s != nil && s.leader == "":
		text = fmt.Sprintf("consumer %q of stream %q has no leader at the moment", p.consumer, p.stream)
	case s != nil:
		text = fmt.Sprintf("consumer %q of stream %q: its leader, node %s, was not reached", p.consumer, p.stream, s.leader)
	case b.seen[place{owner: p.owner, stream: p.stream}]:
		text = fmt.Sprintf("stream %q of account %q has no consumer %q", p.stream, p.owner.key(), p.consumer)
	case b.seen[place{owner: p.owner}]:
		text = fmt.Sprintf("account %q has no stream %q", p.owner.key(), p.stream)
	default:
		text = fmt.Sprintf("there is no account %q with JetStream", p.owner.key())
	}
	return fmt.Errorf("%s%s", text, b.silence())
}

// silence says which nodes did not answer. Of a node that is down the others may say nothing but that there is one more.
func (b *batch) silence() string {
	var texts []string
	if len(b.nodes) < b.size {
		texts = append(texts, fmt.Sprintf("of the cluster's %d nodes %d answer", b.size, len(b.nodes)))
	}
	for _, err := range b.silent {
		texts = append(texts, err.Error())
	}
	if len(texts) == 0 {
		return ""
	}
	slices.Sort(texts)
	return " (" + strings.Join(slices.Compact(texts), "; ") + ")"
}
