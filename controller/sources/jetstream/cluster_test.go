package jetstream

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

// Of each consumer only its leader knows the numbers, and a stream with one copy is on one node only: whichever node is
// asked, all of them are read.
func TestCluster(t *testing.T) {
	for name, more := range map[string]string{
		"clients are told of all nodes":     "",
		"clients are not told of the nodes": "no_advertise: true",
	} {
		t.Run(name, func(t *testing.T) {
			nodes := brokers.StartNATSCluster(t, more)
			names := fill(t, nodes[0])
			for _, node := range nodes {
				awaitUnits(t, node.Monitor, names)
			}
			leaderGone(t, nodes, names)
		})
	}
}

// fill makes streams with three copies and with one; of the i-th the consumer is i+1 behind.
func fill(t *testing.T, node *brokers.NATS) []string {
	t.Helper()
	var names []string
	for i := range 8 {
		name := fmt.Sprintf("stream-%d", i)
		names = append(names, name)
		if i%2 == 0 {
			node.FillReplicated(t, name, i+1)
		} else {
			node.Fill(t, name, i+1)
		}
	}
	return names
}

func queriesAt(t *testing.T, monitor string, names []string) []sources.Query {
	t.Helper()
	var queries []sources.Query
	for _, name := range names {
		queries = append(queries, mustQuery(t, request(on(monitor, name), nil)))
	}
	return queries
}

// awaitUnits waits until all are read twice in a row by the same reader: a consumer's leader may be a moment behind its stream.
func awaitUnits(t *testing.T, monitor string, names []string) {
	t.Helper()
	queries := queriesAt(t, monitor, names)
	r := queries[0].Open()
	t.Cleanup(func() { _ = r.Close() })
	right, state := 0, ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		readings, err := readWith(t, r, queries...)
		right++
		for i := range queries {
			if err != nil || readings[i].Err != nil || readings[i].Value != int64(number(names[i])+1)*1000 {
				right, state = 0, fmt.Sprintf("%s: %v, %v", names[i], readings, err)
			}
		}
		if right == 2 {
			return
		}
	}
	t.Fatalf("at %s: %s", monitor, state)
}

func number(name string) (n int) {
	_, _ = fmt.Sscanf(name, "stream-%d", &n) // the tests' own names
	return n
}

// leaderGone stops a node: what has three copies is read again once there is a new leader, and what only that node has has no
// answer, and says whose fault it is.
func leaderGone(t *testing.T, nodes []*brokers.NATS, names []string) {
	t.Helper()
	byNode := map[string][]string{}
	for _, name := range names {
		byNode[leaderOf(t, nodes[0], name)] = append(byNode[leaderOf(t, nodes[0], name)], name)
	}
	gone := nodes[2]
	gone.Stop()
	var replicated, lost []string
	for _, name := range names {
		switch {
		case number(name)%2 == 0:
			replicated = append(replicated, name)
		case strings.Contains(strings.Join(byNode[gone.Name], " "), name):
			lost = append(lost, name)
		}
	}
	awaitUnits(t, nodes[0].Monitor, replicated)
	if len(lost) == 0 {
		t.Log("no stream was on the node that was stopped alone")
		return
	}
	readings, err := readOnce(t, queriesAt(t, nodes[0].Monitor, lost)...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range readings {
		if readings[i].Err == nil || !strings.Contains(readings[i].Err.Error(), "of the cluster's 3 nodes 2 answer") {
			t.Errorf("%s: %+v", lost[i], readings[i])
		}
	}
}

func leaderOf(t *testing.T, node *brokers.NATS, name string) string {
	t.Helper()
	var c jetstream.Consumer
	c, err := node.JetStream.Consumer(t.Context(), name, name)
	if err != nil {
		t.Fatal(err)
	}
	return c.CachedInfo().Cluster.Leader
}
