// Package kafka reads the lag of consumer groups. All groups and topics of one cluster, read with the same credentials,
// share one client: a request for the metadata of all topics (kept for some seconds), one for the committed offsets of all
// groups from each of their coordinators, and one for the ends of all partitions from each of their leaders.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source makes queries of kafka and apache-kafka triggers.
type Source struct {
	// dial is how brokers are reached; nil stands for the network.
	dial dialer
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// query is the lag of one group.
type query struct {
	group string
	// topics are nil where all that the group has committed offsets of count.
	topics []string
	only   []trigger.Range
	rules  rules
	// owner tells this query from those of other workloads about the same group.
	owner  string
	access access
	server string
	dial   dialer
}

// Query reads the parameters.
func (s Source) Query(r sources.Request) (sources.Query, error) {
	p, err := sources.ParametersOf(r)
	if err != nil {
		return nil, err
	}
	q := &query{
		group: p.Get("consumerGroup"),
		owner: fmt.Sprintf("%q", []string{r.Namespace, r.Target.Kind, r.Target.Name, r.Signal.Name}),
		dial:  s.dial,
	}
	if q.group == "" {
		return nil, failure.Mistake(errors.New("consumerGroup is missing"))
	}
	if topic := p.Get("topic"); topic != "" {
		q.topics = split(topic)
	}
	if q.only, err = trigger.Partitions(p.Get("partitionLimitation")); err != nil {
		return nil, failure.Mistake(fmt.Errorf("partitionLimitation %q: %w", p.Get("partitionLimitation"), err))
	}
	if q.rules, err = rulesFrom(&p); err != nil {
		return nil, failure.Mistake(err)
	}
	q.rules.activation = r.Signal.Activation
	if q.access, err = accessFrom(&p); err != nil {
		return nil, failure.Mistake(err)
	}
	q.server = q.access.String()
	return q, nil
}

// rules say what counts.
type rules struct {
	// threshold is the lag per pod.
	threshold int64
	// activation is the lag, in milli-units, above which the trigger is active.
	activation int64
	// earliest: a partition without a committed offset counts all that it holds, and else 1; nothing where invalidIsZero.
	earliest, invalidIsZero bool
	// idle consumers are allowed; or there are to be no more than partitions withLag; or a number that divides that of the
	// partitions.
	idle, withLag, even bool
	excludePersistent   bool
}

func rulesFrom(p *sources.Parameters) (rules, error) {
	threshold, err := strconv.ParseInt(p.Get("lagThreshold"), 10, 64)
	if err != nil || threshold < 1 {
		return rules{}, fmt.Errorf("lagThreshold %q is not a whole number from 1", p.Get("lagThreshold"))
	}
	return rules{
		threshold:         threshold,
		earliest:          p.Get("offsetResetPolicy") == "earliest",
		invalidIsZero:     p.True("scaleToZeroOnInvalidOffset"),
		idle:              p.True("allowIdleConsumers"),
		withLag:           p.True("limitToPartitionsWithLag"),
		even:              p.True("ensureEvenDistributionOfPartitions"),
		excludePersistent: p.True("excludePersistentLag"),
	}, nil
}

// counts tells whether a partition is among those to look at.
func (q *query) counts(partition int32) bool {
	return q.only == nil || slices.ContainsFunc(q.only, func(r trigger.Range) bool { return r.First <= partition && partition <= r.Last })
}

// Server names the brokers and, by a digest, the credentials.
func (q *query) Server() string { return q.server }

// Open makes a reader. It connects when it is first read from.
func (q *query) Open() sources.Reader { return newReader(q.access, q.dial) }

func split(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		out = append(out, strings.TrimSpace(part))
	}
	return out
}

// milli gives a count in milli-units, saturated.
func milli(n int64) int64 {
	if n > math.MaxInt64/1000 {
		return math.MaxInt64
	}
	return n * 1000
}
