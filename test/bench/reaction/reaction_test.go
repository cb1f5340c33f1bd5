// Package reaction measures how soon a Deployment follows its load: side by side, one that the HorizontalPodAutoscaler of
// kube-controller-manager scales, at its default flags, and one that Plimsoll does, by the same metric, target and bounds.
// It needs bin/lab, bin/metricsapi and bin/plimsoll.
package reaction

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

const (
	// most is the count that every load asks for.
	most = 20
	// phase is how far apart the changes are: the longest interval of any loop here, so that each of them is met at any
	// moment between two of its turns.
	phase = 15 * time.Second
	// patience bounds the wait for the last count.
	patience = 3 * time.Minute
)

// scenario is one load that changes: a row for each of those that follow it.
type scenario struct {
	name string
	// from is the count before the change, and the least there is.
	from int32
	// start starts whatever the numbers come from.
	start func(*testing.B, *lab) source
}

// source is where the numbers come from. Every repeat has a namespace, and a load, of its own.
type source interface {
	// wish is what the workloads of a namespace are scaled on.
	wish(namespace string) wish
	// quiet makes the load of a namespace one that scenario.from pods can bear.
	quiet(ctx context.Context, namespace string) error
	// burst makes it one that takes all the pods there may be.
	burst(ctx context.Context, namespace string) error
}

// witness is a source that can tell when a metrics API shows what has changed: nobody who reads there can know earlier.
type witness interface {
	// shown gives the namespaces whose load is seen to be that of a burst.
	shown(ctx context.Context) ([]string, error)
}

// wish is either a metric, of which a HorizontalPodAutoscaler knows as well, or triggers.
type wish struct {
	metric   *autoscalingv2.MetricSpec
	triggers string
}

func scenarios() []scenario {
	return []scenario{
		{name: "external", from: 1, start: startExternal},
		{name: "cpu", from: 1, start: startCPU},
		{name: "redis", from: 0, start: startRedis},
	}
}

// BenchmarkReaction prints the table, and gives the same figures as metrics of the benchmark. REPEATS in the environment is
// how often each load changes; b.Loop only repeats it all.
func BenchmarkReaction(b *testing.B) {
	for _, program := range [][2]string{{"LAB_BIN", "lab"}, {"PLIMSOLL_BIN", "plimsoll"}, {"METRICSAPI_BIN", "metricsapi"}} {
		if _, err := cluster.Program(program[0], program[1]); err != nil {
			b.Skip(err)
		}
	}
	n := repeats(b)
	var rows []row
	for _, s := range scenarios() {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				found := measure(b, s, n)
				report(b, found)
				rows = append(rows, found...)
			}
		})
	}
	fmt.Print(table(rows, n))
}

// repeats are 20 where REPEATS does not say otherwise.
func repeats(b *testing.B) int {
	b.Helper()
	text := os.Getenv("REPEATS")
	if text == "" {
		return 20
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("REPEATS is %q; legal is a whole number from 1", text)
	}
	return n
}

// report gives the figures as metrics, for benchstat.
func report(b *testing.B, rows []row) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // the time that all of it takes says nothing
	for i := range rows {
		for _, f := range rows[i].figures() {
			b.ReportMetric(f.value.Seconds(), "s-"+f.name)
		}
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
