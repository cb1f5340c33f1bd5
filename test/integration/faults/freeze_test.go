package faults

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// restless is how many workloads are scaled up and down all the time.
const restless = 40

// leaderFreezes: a leader is stopped in the middle of its work for longer than its lease runs, and goes on when another one leads.
// It must not write any more, whatever it was about to.
func leaderFreezes(t *testing.T, e *env) {
	ns := e.namespace(t, "freezes")
	must(t, e.manager.Stop()) // two with a tap each take its place
	e.restless(t, ns)
	first, firstTap := e.tapped(t)
	await(t, time.Minute, "the first scales", func() (bool, string) { return busy(firstTap) })
	second, secondTap := e.tapped(t)
	if n := served(t, second); n != 0 {
		t.Fatalf("the second serves %v Scalers beside the leader", n)
	}
	before := e.lease(t)
	must(t, first.Freeze())
	t.Cleanup(func() { _ = first.Thaw() })
	await(t, time.Minute, "the second scales", func() (bool, string) { return busy(secondTap) })
	after := e.lease(t)
	if *after.Spec.HolderIdentity == *before.Spec.HolderIdentity {
		t.Fatalf("the second writes, and %s holds the lease", *after.Spec.HolderIdentity)
	}
	must(t, first.Thaw())
	if err := first.Wait(); err == nil || strings.Contains(err.Error(), "did not end") {
		t.Errorf("the first ended with %v, want an error since it leads no more", err)
	}
	taken := after.Spec.AcquireTime.Time
	if late := firstTap.Seen(func(r cluster.Request) bool { return wrote(r) && r.At.After(taken) }); len(late) > 0 {
		t.Errorf("the second leads since %s; the first wrote then:\n%v", taken.Format(time.RFC3339Nano), late)
	}
	if early := secondTap.Seen(func(r cluster.Request) bool { return wrote(r) && r.At.Before(taken) }); len(early) > 0 {
		t.Errorf("the second wrote before it led:\n%v", early)
	}
}

// busy tells whether a manager has scaled what is to be scaled, by the requests that it sent.
func busy(tap *cluster.Tap) (bool, string) {
	n := len(tap.Seen(func(r cluster.Request) bool {
		return r.Status < 300 && strings.HasSuffix(r.Path, "/scale") && r.Method == http.MethodPatch
	}))
	return n >= 2*restless, fmt.Sprintf("%d writes of a scale", n)
}

// wrote tells of a write that only a leader may send, and that was accepted. Each manager writes its webhook's certificate, and
// competes for the lease; an event decides nothing.
func wrote(r cluster.Request) bool {
	if r.Method == http.MethodGet || r.Status >= 300 {
		return false
	}
	for _, part := range []string{"/leases", "/events", "/secrets", "/mutatingwebhookconfigurations"} {
		if strings.Contains(r.Path, part) {
			return false
		}
	}
	return true
}

// tapped starts a manager whose requests are noted.
func (e *env) tapped(t *testing.T) (*cluster.Manager, *cluster.Tap) {
	t.Helper()
	tap, err := e.cluster.NewTap()
	must(t, err)
	t.Cleanup(tap.Close)
	port, err := cluster.FreePort()
	must(t, err)
	return e.startManager(t, port, tap), tap
}

// restless makes workloads whose lists have another length each time that they are read, until the test ends.
func (e *env) restless(t *testing.T, ns string) {
	t.Helper()
	for i := range restless {
		name := fmt.Sprintf("web-%d", i)
		must(t, e.client.Create(t.Context(), deployment(ns, name, 1, map[string]string{
			"plimsoll.dev/min-replicas": "1", "plimsoll.dev/max-replicas": "40", "plimsoll.dev/polling-interval": "1s", "plimsoll.dev/behavior": quick,
			"plimsoll.dev/triggers": fmt.Sprintf(`[{type: redis-lists, metadata: {address: "%s", listName: %s, listLength: "5"},
 authenticationRef: {name: redis-auth, kind: Secret}}]`, e.redis.Address, ns+name),
		})))
	}
	ctx, cancel := context.WithCancel(context.Background())
	var filling sync.WaitGroup
	filling.Go(func() {
		for round := 0; ctx.Err() == nil; round++ {
			for i := range restless {
				e.redis.Fill(t, fmt.Sprintf("%sweb-%d", ns, i), 10+(i*7+round*55)%150)
			}
			select {
			case <-ctx.Done():
			case <-time.After(200 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { cancel(); filling.Wait() })
}

// lease is the one that the leader holds.
func (e *env) lease(t *testing.T) *coordinationv1.Lease {
	t.Helper()
	l := &coordinationv1.Lease{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: "plimsoll-system", Name: "plimsoll-controller"}, l))
	return l
}
