package jetstream

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// one is the page of a node about one consumer.
func one(consumer string) string {
	return `{"server_id": "A", "account_details": [{"id": "ABC", "name": "shop", "stream_detail": [{"name": "orders", "consumer_detail": [` +
		consumer + `]}]}]}`
}

func TestWhatANodeSaysOfAConsumer(t *testing.T) {
	for name, test := range map[string]struct {
		page string
		want int64
		err  string
	}{
		"outside of clusters": {page: one(`{"name": "c", "num_pending": 3, "num_ack_pending": 2}`), want: 5000},
		"its leader": {
			page: one(`{"name": "c", "num_pending": 3, "cluster": {"leader": "a", "replicas": [{"name": "b"}, {"name": "d"}]}}`), want: 3000,
		},
		"the only node that keeps it": {page: one(`{"name": "c", "num_pending": 3, "cluster": {"leader": "a"}}`), want: 3000},
		"a follower": {
			page: one(`{"name": "c", "num_pending": 9, "cluster": {"leader": "a", "replicas": [{"name": "a"}, {"name": "b"}]}}`),
			err:  `consumer "c" of stream "orders": its leader, node a, was not reached`,
		},
		"an election": {
			page: one(`{"name": "c", "num_pending": 9, "cluster": {"replicas": [{"name": "a"}, {"name": "b"}]}}`),
			err:  `consumer "c" of stream "orders" has no leader at the moment`,
		},
		"too many to count": {
			page: one(`{"name": "c", "num_pending": 18446744073709551615, "num_ack_pending": 9223372036854775807}`), want: math.MaxInt64,
		},
		"another account": {
			page: `{"server_id": "A", "account_details": [{"id": "X", "name": "X", "stream_detail": [{"name": "orders", "consumer_detail": [{"name": "c"}]}]}]}`,
			err:  `there is no account "shop" with JetStream`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			q := query{consumer: place{owner{name: "shop"}, "orders", "c"}}
			b := newBatch([]sources.Query{q})
			page := &jsz{}
			if err := json.Unmarshal([]byte(test.page), page); err != nil {
				t.Fatal(err)
			}
			b.take(answer{pages: []*jsz{page}})
			got := b.readings([]sources.Query{q})[0]
			switch {
			case test.err != "" && (got.Err == nil || got.Err.Error() != test.err):
				t.Fatalf("got %v, want %s", got.Err, test.err)
			case test.err == "" && (got.Err != nil || got.Value != test.want || !b.complete()):
				t.Fatalf("got %+v, complete %t; want %d", got, b.complete(), test.want)
			}
		})
	}
}

// Of two nodes that both say something, the leader's counts, whoever answers first.
func TestTheLeaderCounts(t *testing.T) {
	const leader, follower = `{"name": "c", "num_pending": 1, "cluster": {"leader": "a", "replicas": [{"name": "b"}]}}`,
		`{"name": "c", "num_pending": 7, "cluster": {"leader": "a", "replicas": [{"name": "a"}]}}`
	for _, order := range [][]string{{leader, follower}, {follower, leader}} {
		q := query{consumer: place{owner{id: "ABC"}, "orders", "c"}}
		b := newBatch([]sources.Query{q, q})
		for _, text := range order {
			page := &jsz{}
			if err := json.Unmarshal([]byte(one(text)), page); err != nil {
				t.Fatal(err)
			}
			b.take(answer{pages: []*jsz{page}})
		}
		for _, got := range b.readings([]sources.Query{q, q}) {
			if got.Err != nil || got.Value != 1000 {
				t.Errorf("got %+v", got)
			}
		}
	}
}

func TestNodesOf(t *testing.T) {
	for name, test := range map[string]struct {
		varz     varz
		endpoint string
		want     []string
	}{
		"clients are told": {
			varz: varz{Clients: []string{"10.0.0.2:4222", "10.0.0.1:4222", "10.0.0.1:4222", "[fd00::1]:4222"}}, endpoint: "nats:8222",
			want: []string{"10.0.0.1:8222", "10.0.0.2:8222", "[fd00::1]:8222"},
		},
		"no port": {
			varz: varz{Clients: []string{"a.example:4222", "[fd00::1]:4222"}}, endpoint: "nats", want: []string{"[fd00::1]", "a.example"},
		},
		"clients are not told": {
			varz: routes("nats-0.nats:6222", "nats-1.nats:6222"), endpoint: "nats.queue.svc:8222",
			want: []string{"nats-0.nats.queue.svc:8222", "nats-1.nats.queue.svc:8222"},
		},
		"addresses between nodes": {varz: routes("10.0.0.1:6222"), endpoint: "nats:8222", want: []string{"10.0.0.1:8222"}},
		"what is no host": {
			varz: varz{Clients: []string{"a/b:1", "x@y:2", ":3", "four"}, Cluster: routes("?:1").Cluster}, endpoint: "nats:8222",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nodesOf(&test.varz, test.endpoint); !slices.Equal(got, test.want) {
				t.Fatalf("got %v, want %v", got, test.want)
			}
		})
	}
}

func routes(urls ...string) varz {
	var v varz
	v.Cluster.URLs = urls
	return v
}

func TestPagesFromNATSAreRead(t *testing.T) {
	page := &varz{}
	const text = `{"connect_urls": ["a:1"], "cluster": {"name": "x", "urls": ["b:2"]}}`
	if err := json.Unmarshal([]byte(text), page); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(append(page.Clients, page.Cluster.URLs...), " "); got != "a:1 b:2" {
		t.Fatalf("got %s", got)
	}
}
