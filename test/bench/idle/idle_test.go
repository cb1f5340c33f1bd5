// Package idle measures the manager beside a real API server: how long a thousand new Scalers take to become ready, and
// what the manager takes and asks for when nothing happens. It needs bin/lab and bin/plimsoll.
package idle

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

const (
	scalers   = 1000
	namespace = "bench"
	// window is how long the idle manager is watched.
	window = 60 * time.Second
)

// BenchmarkIdle reports, for a thousand Deployments on empty Redis lists that are read every 5 s: seconds until all Scalers
// are ready, resident memory, and requests to the API server in a minute. Wanted: 20 s, 120 MiB, none.
func BenchmarkIdle(b *testing.B) {
	for _, program := range [][2]string{{"LAB_BIN", "lab"}, {"PLIMSOLL_BIN", "plimsoll"}} {
		if _, err := cluster.Program(program[0], program[1]); err != nil {
			b.Skip(err)
		}
	}
	for b.Loop() {
		measure(b)
	}
}

func measure(b *testing.B) {
	ctx := context.Background()
	redis := redistest.Start(b, "")
	c, err := cluster.Up(ctx, cluster.Options{Dir: b.TempDir()})
	must(b, err)
	defer func() { must(b, c.Down(ctx)) }()
	k, err := c.Client()
	must(b, err)
	must(b, k.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}))
	create(ctx, b, k, redis.Address)
	port, err := cluster.FreePort()
	must(b, err)
	must(b, c.Install(ctx, port))
	var log bytes.Buffer
	m, err := c.StartManager(ctx, cluster.ManagerOptions{WebhookPort: port, Log: &log})
	must(b, err)
	defer func() { _ = m.Stop() }()

	began := time.Now()
	for n := 0; n < scalers; n = ready(ctx, b, k) {
		if time.Since(began) > 2*time.Minute {
			b.Fatalf("%d Scalers ready after %s", n, time.Since(began))
		}
		time.Sleep(250 * time.Millisecond)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-until-all-ready")
	time.Sleep(30 * time.Second) // events are still on their way, and the garbage of the start is collected
	asked, written := requests(b, m, ""), requests(b, m, `method="P`)+requests(b, m, `method="DELETE"`)
	reads, used := total(b, m, "plimsoll_scaler_source_batch_queries_sum"), total(b, m, "process_cpu_seconds_total")
	time.Sleep(window)
	b.ReportMetric(requests(b, m, "")-asked, "requests")
	b.ReportMetric(requests(b, m, `method="P`)+requests(b, m, `method="DELETE"`)-written, "writes")
	b.ReportMetric(total(b, m, "plimsoll_scaler_source_batch_queries_sum")-reads, "lists-read")
	b.ReportMetric((total(b, m, "process_cpu_seconds_total")-used)/window.Seconds(), "cores")
	b.ReportMetric(memory(b, m, "VmRSS"), "MiB-resident")
	b.ReportMetric(memory(b, m, "VmHWM"), "MiB-peak")
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// create makes the Deployments, a few at once.
func create(ctx context.Context, b *testing.B, k client.Client, redis string) {
	b.Helper()
	var group sync.WaitGroup
	work := make(chan int)
	for range 16 {
		group.Go(func() {
			for i := range work {
				if err := k.Create(ctx, deployment(i, redis)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range scalers {
		work <- i
	}
	close(work)
	group.Wait()
}

func deployment(i int, redis string) *appsv1.Deployment {
	none := int32(0)
	labels := map[string]string{"app": fmt.Sprintf("consumer-%d", i)}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: labels["app"], Annotations: map[string]string{
			"plimsoll.dev/min-replicas": "0", "plimsoll.dev/max-replicas": "20",
			"plimsoll.dev/triggers": fmt.Sprintf(`[{type: redis, metadata: {address: %q, listName: list-%d, listLength: "5"}}]`, redis, i),
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

// ready counts the Scalers that are.
func ready(ctx context.Context, b *testing.B, k client.Client) int {
	b.Helper()
	list := &v1alpha1.ScalerList{}
	must(b, k.List(ctx, list, client.InNamespace(namespace)))
	n := 0
	for i := range list.Items {
		if meta.IsStatusConditionTrue(list.Items[i].Status.Conditions, v1alpha1.ConditionReady) {
			n++
		}
	}
	return n
}

func requests(b *testing.B, m *cluster.Manager, label string) float64 {
	return sum(b, m, "rest_client_requests_total", label)
}

func total(b *testing.B, m *cluster.Manager, name string) float64 { return sum(b, m, name, "") }

func sum(b *testing.B, m *cluster.Manager, name, text string) float64 {
	b.Helper()
	n, err := m.Metric(name, text)
	must(b, err)
	return n
}

func memory(b *testing.B, m *cluster.Manager, field string) float64 {
	b.Helper()
	n, err := m.Memory(field)
	must(b, err)
	return n
}
