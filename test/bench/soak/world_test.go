package soak

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/test/brokers"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

const namespace = "soak"

// world is everything that runs.
type world struct {
	cluster *cluster.Cluster
	client  client.Client
	port    int
	log     *cluster.Log
	manager *cluster.Manager
	watcher *watcher

	addresses [2]string
	servers   [2]*redistest.Server
	// lengths are those of the lists; a workload's list is on the server that its number is even or odd for.
	lengths [workloads]int
}

func start(t *testing.T) *world {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // what is cleaned up outlives the test's context
	w := &world{log: cluster.NewLog(t)}
	for i := range w.servers {
		w.addresses[i] = brokers.FreeAddress(t)
		w.startRedis(t, i)
	}
	var err error
	w.cluster, err = cluster.Up(ctx, cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, w.cluster.Down(ctx)) })
	w.client, err = w.cluster.Client()
	must(t, err)
	w.port, err = cluster.FreePort()
	must(t, err)
	must(t, w.cluster.Install(ctx, w.port))
	w.startManager(t)
	must(t, w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	w.watcher = watch(t, w.client)
	w.create(t)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) startRedis(t *testing.T, i int) {
	t.Helper()
	w.servers[i] = redistest.StartAt(t, w.addresses[i], "")
}

func (w *world) startManager(t *testing.T) {
	t.Helper()
	m, err := w.cluster.StartManager(context.WithoutCancel(t.Context()), cluster.ManagerOptions{WebhookPort: w.port, Log: w.log})
	must(t, err)
	t.Cleanup(func() { _ = m.Stop() })
	w.manager = m
}

func nameOf(i int) string { return fmt.Sprintf("consumer-%d", i) }

// fill makes the list of a workload have a length.
func (w *world) fill(t *testing.T, i, length int) {
	t.Helper()
	w.lengths[i] = length
	w.servers[i%2].Fill(t, nameOf(i), length)
}

// refill gives all lists of a server their lengths.
func (w *world) refill(t *testing.T, server int) {
	t.Helper()
	for i := server; i < workloads; i += 2 {
		w.fill(t, i, w.lengths[i])
	}
}

// create makes the Deployments, a few at once.
func (w *world) create(t *testing.T) {
	t.Helper()
	var group sync.WaitGroup
	work := make(chan int)
	for range 16 {
		group.Go(func() {
			for i := range work {
				if err := w.client.Create(t.Context(), deployment(i, w.addresses[i%2])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range workloads {
		work <- i
	}
	close(work)
	group.Wait()
}

// deployment goes up and down as soon as it may, so that a few minutes hold many changes.
func deployment(i int, redis string) *appsv1.Deployment {
	none := int32(0)
	labels := map[string]string{"app": nameOf(i)}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: labels["app"], Annotations: map[string]string{
			"plimsoll.dev/min-replicas": "0", "plimsoll.dev/max-replicas": strconv.Itoa(most),
			"plimsoll.dev/cooldown": "5s", "plimsoll.dev/behavior": `{scaleDown: {stabilizationWindowSeconds: 5}}`,
			"plimsoll.dev/triggers": fmt.Sprintf(`[{type: redis, metadata: {address: %q, listName: %s, listLength: "%d"}}]`, redis, nameOf(i), perPod),
		}},
		Spec: appsv1.DeploymentSpec{
			Replicas: &none, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:latest"}}},
			},
		},
	}
}

// use is what a manager takes while it has nothing to do.
type use struct{ resident, goroutines float64 }

// quiet waits until the manager has nothing left to tell, and looks that it asks the API server for nothing.
func (w *world) quiet(t *testing.T) use {
	t.Helper()
	time.Sleep(70 * time.Second) // a digest of the state is written once a minute at most
	before := w.requests(t)
	time.Sleep(20 * time.Second)
	if n := w.requests(t) - before; n != 0 {
		t.Errorf("%.0f requests to the API server in 20 s without a change", n)
	}
	resident, err := w.manager.Memory("VmRSS")
	must(t, err)
	return use{resident: resident, goroutines: w.metric(t, "go_goroutines")}
}

// requests counts those to the API server, but for the lease, which a leader renews in any case.
func (w *world) requests(t *testing.T) float64 { return w.metric(t, "rest_client_requests_total") }

func (w *world) metric(t *testing.T, name string) float64 {
	t.Helper()
	n, err := w.manager.Metric(name, "")
	must(t, err)
	return n
}
