package faults

import (
	"fmt"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

func TestFaults(t *testing.T) {
	e := start(t)
	t.Run("group", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *env){
			"an HPA beside":          hpaBeside,
			"a ScaledObject beside":  scaledObjectBeside,
			"a writer that flips":    flippingWriter,
			"a manual scale":         manualScale,
			"deleted and back":       deletedAndBack,
			"a target without scale": withoutScale,
			"a kind of its own":      customKind,
			"no metrics API":         metricsGone,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, e)
			})
		}
	})
	t.Run("the API server restarts", func(t *testing.T) { apiServerRestarts(t, e) })
	t.Run("the leader dies", func(t *testing.T) { leaderDies(t, e) })
	t.Run("the leader freezes", func(t *testing.T) { leaderFreezes(t, e) })
}

// apiServerRestarts: the manager outlives it, and nothing is lowered for what is not known meanwhile.
func apiServerRestarts(t *testing.T, e *env) {
	ns := e.namespace(t, "restarts")
	e.consumer(t, ns, 30)
	must(t, e.component(t, "kube-apiserver").Kill())
	e.redis.Fill(t, ns, 50)
	await(t, 60*time.Second, "10 replicas", func() (bool, string) {
		d := &appsv1.Deployment{}
		if err := e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, d); err != nil {
			return false, err.Error()
		}
		if n := *d.Spec.Replicas; n < 6 {
			t.Fatalf("lowered to %d", n)
		}
		return *d.Spec.Replicas == 10, fmt.Sprint(*d.Spec.Replicas)
	})
	e.awaitCondition(t, 30*time.Second, [2]string{ns, "web"}, "AbleToScale", "ReadyForNewScale")
}

// leaderDies: the other one waits until then, and goes on without lowering anything.
func leaderDies(t *testing.T, e *env) {
	ns := e.namespace(t, "leader")
	e.consumer(t, ns, 30)
	port, err := cluster.FreePort()
	must(t, err)
	second := e.startManager(t, port, nil)
	if n := served(t, second); n != 0 {
		t.Errorf("the second serves %v Scalers beside the leader", n)
	}
	h := e.watch(t, ns, "web")
	e.redis.Fill(t, ns, 35)
	e.awaitReplicas(t, 20*time.Second, ns, "web", 7)
	if n := served(t, second); n != 0 {
		t.Errorf("the second serves %v Scalers beside the leader", n)
	}
	e.manager.Kill()
	e.redis.Fill(t, ns, 50)
	e.awaitReplicas(t, 60*time.Second, ns, "web", 10)
	e.redis.Fill(t, ns, 0)
	time.Sleep(5 * time.Second) // an empty list, and a new leader that knows no more than the digest
	if got := h.seen(); !slices.IsSorted(got) || got[len(got)-1] != 10 {
		t.Errorf("counts %v: lowered on the way", got)
	}
}

// served is how many Scalers a manager has in its loop.
func served(t *testing.T, m *cluster.Manager) float64 {
	t.Helper()
	n, err := m.Metric("plimsoll_scaler_loop_queue_length", "")
	must(t, err)
	return n
}
