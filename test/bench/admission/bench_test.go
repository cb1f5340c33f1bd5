//go:build linux

// Package admission measures an admission review over TLS: the manager as it is, in a process of its own, against a trivial
// webhook that only decodes and allows, in another; the same body, the same client, in turns.
package admission_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"

	"k8s.io/client-go/util/cert"

	"github.com/plimsoll-dev/plimsoll/test/bench/admission/body"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

const (
	rounds   = 15   // each webhook gets its turn so often
	requests = 1600 // of each turn
	warmUp   = 3200
)

// BenchmarkOverTLS prints the table, and gives the same figures as metrics of the benchmark. One run measures it all; b.N only
// repeats it.
func BenchmarkOverTLS(b *testing.B) {
	folder := b.TempDir()
	authority := certificate(b, folder)
	c := client(authority)
	request := body.Review()
	trivial, ours := start(b, folder)
	for _, p := range []*process{trivial, ours} {
		load(b, c, p, request, 16, warmUp)
	}
	b.ResetTimer()
	for range b.N {
		table := &strings.Builder{}
		for _, callers := range []int{1, 16} {
			compare(b, c, request, callers, table, trivial, ours)
		}
		b.ReportMetric(mebibytes(ours.resident(b, "VmHWM")), "MiB")
		show(b, table.String(), fmt.Sprintf("a review of %d bytes over TLS; resident: trivial %.0f MiB, plimsoll %.0f MiB, at most %.0f MiB",
			len(request), mebibytes(trivial.resident(b, "VmRSS")), mebibytes(ours.resident(b, "VmRSS")), mebibytes(ours.resident(b, "VmHWM"))))
	}
}

// start starts both webhooks, with the certificate in the folder.
func start(b *testing.B, folder string) (trivial, ours *process) {
	b.Helper()
	ports := make([]int, 4)
	for i := range ports {
		port, err := cluster.FreePort()
		must(b, err)
		ports[i] = port
	}
	local := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", ports[i]) }
	trivial = run(b, "trivial", ports[0], build(b, folder, "test/bench/admission/trivial"), "-address="+local(0), "-cert-dir="+folder)
	ours = run(b, "plimsoll", ports[1], build(b, folder, "cmd/plimsoll"),
		"--roles=webhook", "--leader-elect=false", "--shutdown-delay=0s", "--kubeconfig="+apiServer(b), "--cert-mode=provided", "--cert-dir="+folder,
		"--webhook-bind-address="+local(1), "--health-probe-bind-address="+local(2), "--metrics-bind-address="+local(3))
	return trivial, ours
}

// compare measures both in turns, so that what else the machine does meets both alike.
func compare(b *testing.B, c *http.Client, request []byte, callers int, table *strings.Builder, trivial, ours *process) {
	b.Helper()
	var base, own sample
	for range rounds {
		base.add(load(b, c, trivial, request, callers, requests))
		own.add(load(b, c, ours, request, callers, requests))
	}
	fmt.Fprintf(table, "%d at once\ttrivial\tplimsoll\tratio\n", callers)
	for _, row := range []struct {
		name string
		of   func(*sample) float64
	}{
		{"p50 ms", func(s *sample) float64 { return s.quantile(.5) }},
		{"p99 ms", func(s *sample) float64 { return s.quantile(.99) }},
		{"CPU ms", (*sample).cpuEach},
	} {
		was, is := row.of(&base), row.of(&own)
		fmt.Fprintf(table, "  %s\t%.3f\t%.3f\t%.2f\n", row.name, was, is, is/was)
		unit := strings.ReplaceAll(row.name, " ", "-")
		b.ReportMetric(is, fmt.Sprintf("%s/c%d", unit, callers))
		b.ReportMetric(is/was, fmt.Sprintf("%s-ratio/c%d", strings.Fields(row.name)[0], callers))
	}
}

func show(b *testing.B, table, title string) {
	b.Helper()
	text := &strings.Builder{}
	w := tabwriter.NewWriter(text, 0, 0, 3, ' ', 0)
	_, err := w.Write([]byte(table))
	must(b, err)
	must(b, w.Flush())
	b.Logf("%s\n%s", title, strings.TrimRight(text.String(), "\n"))
}

func mebibytes(n int) float64 { return float64(n) / (1 << 20) }

// certificate makes a certificate for localhost in the folder, and gives what trusts it.
func certificate(b *testing.B, folder string) []byte {
	b.Helper()
	chain, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	must(b, err)
	must(b, os.WriteFile(filepath.Join(folder, "tls.crt"), chain, 0o600))
	must(b, os.WriteFile(filepath.Join(folder, "tls.key"), key, 0o600))
	return chain
}
