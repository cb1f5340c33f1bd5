// Package soak runs the whole for a while under load that changes and faults that come and go, and looks at what must hold all
// the time. It needs bin/lab and bin/plimsoll, and a redis-server. SOAK says how long: make soak SOAK=10m.
package soak

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

const (
	// workloads are shared evenly by two Redis servers.
	workloads = 500
	most      = 20
	perPod    = 5
	// grace is how long after a server went down a count may still come from what it said before.
	grace = 3 * time.Second
)

// TestSoak: whatever happens, counts stay within the bounds, nothing is lowered for data that is missing, every count is
// right in the end, and a manager that has nothing to do asks for nothing and takes no more than before.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("SOAK does not say how long, as in SOAK=10m")
	}
	w := start(t)
	w.settle(t, "at first")
	third := length / 3

	t.Logf("%s of changing load; Redis goes and comes, and the manager is killed", third)
	w.load(t, third, w.redisFails, w.managerDies)
	w.settle(t, "after the first third")
	before := w.quiet(t)

	t.Logf("%s of changing load; Redis goes and comes, and the API server is killed", 2*third)
	w.load(t, 2*third, w.redisFails, w.apiServerDies)
	w.settle(t, "in the end")
	after := w.quiet(t)

	t.Logf("resident %.0f MiB, then %.0f MiB; goroutines %.0f, then %.0f; %d changes of replicas seen", before.resident, after.resident,
		before.goroutines, after.goroutines, w.watcher.changes())
	if after.resident > before.resident*1.25+10 {
		t.Errorf("memory grew from %.0f to %.0f MiB", before.resident, after.resident)
	}
	if after.goroutines > before.goroutines*1.1+10 {
		t.Errorf("goroutines grew from %.0f to %.0f", before.goroutines, after.goroutines)
	}
}

// load changes the load for a while. The faults come in turn, each in the middle of its share of the time.
func (w *world) load(t *testing.T, length time.Duration, faults ...func(*testing.T)) {
	t.Helper()
	share := length / time.Duration(len(faults))
	for _, fault := range faults {
		w.change(t, share/2)
		fault(t)
		w.change(t, share/2)
	}
}

// change gives random lists random lengths, ten times a second.
func (w *world) change(t *testing.T, length time.Duration) {
	t.Helper()
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		w.fill(t, rand.IntN(workloads), rand.IntN(perPod*most*3/2))
	}
}

// redisFails takes one of the two servers away for 10 s. Its workloads keep what they have; the others go on.
func (w *world) redisFails(t *testing.T) {
	t.Helper()
	const down = 1
	w.servers[down].Stop()
	w.watcher.hold(down, time.Now().Add(grace))
	began := time.Now()
	for time.Since(began) < 10*time.Second {
		w.fill(t, rand.IntN(workloads/2)*2, rand.IntN(perPod*most))
		time.Sleep(100 * time.Millisecond)
	}
	w.watcher.release(down)
	w.startRedis(t, down) // empty: now that is known
	w.refill(t, down)
}

// managerDies: the next one begins where it was.
func (w *world) managerDies(t *testing.T) {
	t.Helper()
	w.manager.Kill()
	w.startManager(t)
}

// apiServerDies: the lab starts it again.
func (w *world) apiServerDies(t *testing.T) {
	t.Helper()
	p, err := w.cluster.Component(t.Context(), "kube-apiserver")
	must(t, err)
	must(t, p.Kill())
}

// settle waits until every count is what the lists ask for.
func (w *world) settle(t *testing.T, when string) {
	t.Helper()
	var wrong string
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		if wrong = w.wrong(); wrong == "" {
			return
		}
	}
	t.Fatalf("%s: %s", when, wrong)
}

// wrong names a workload whose count is not what its list asks for; "" for none.
func (w *world) wrong() string {
	now := w.watcher.counts()
	for i, items := range &w.lengths {
		want := min(most, (items+perPod-1)/perPod)
		if got, ok := now[nameOf(i)]; !ok || int(got) != want {
			return fmt.Sprintf("%s has %d replicas (known: %t), want %d for %d items", nameOf(i), got, ok, want, items)
		}
	}
	return ""
}
