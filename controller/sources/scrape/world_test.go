package scrape

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// world is a network of pods: real HTTP servers behind addresses as pods have them.
type world struct {
	mu      sync.Mutex
	pods    []*corev1.Pod
	servers map[string]string // by what is dialled
	dialled []string
	err     error
	early   int
}

func (w *world) Of(context.Context, string, v1alpha1.TargetRef) ([]*corev1.Pod, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.early > 0 {
		w.early--
		return nil, notYet()
	}
	return w.pods, w.err
}

func (w *world) dial(ctx context.Context, _, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	server := w.servers[address]
	w.mu.Unlock()
	if server == "" {
		return nil, fmt.Errorf("no pod has the address %s", address)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", server)
}

func (w *world) source() Source { return New(w, w.dial) }

// pod adds a pod that runs, with an address.
func (w *world) pod(name, ip string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip}}
	w.pods = append(w.pods, p)
	return p
}

// serve starts a server behind an address.
func (w *world) serve(t *testing.T, address string, handler http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.servers[address] = server.Listener.Addr().String()
}

func newWorld() *world { return &world{servers: map[string]string{}} }

func text(page string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }
}

// depths serves n pods, named so that their order is that of their numbers, each with its number as its depth.
func (w *world) depths(t *testing.T, n int) *atomic.Int64 {
	t.Helper()
	var asked atomic.Int64
	for i := range n {
		ip := fmt.Sprintf("10.64.%d.%d", i/250, i%250+1)
		w.pod(fmt.Sprintf("p%04d", i), ip)
		w.servers[ip+":8080"] = ""
		page := fmt.Sprintf("queue_depth %d\n", i)
		w.serve(t, ip+":8080", func(out http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			_, _ = io.WriteString(out, page)
		})
	}
	return &asked
}

func request(metric string, labels map[string]string) sources.Request {
	m := &autoscalingv2.PodsMetricSource{Metric: autoscalingv2.MetricIdentifier{Name: metric}}
	if labels != nil {
		m.Metric.Selector = &metav1.LabelSelector{MatchLabels: labels}
	}
	return sources.Request{
		Namespace: "ns", Target: v1alpha1.TargetRef{Name: "consumer"},
		Signal: &scaling.Signal{
			Kind: scaling.Pods, Scrape: &v1alpha1.Scrape{Port: 8080, Path: "/metrics"},
			Metric: &autoscalingv2.MetricSpec{Type: autoscalingv2.PodsMetricSourceType, Pods: m},
		},
	}
}

func queries(t *testing.T, s Source, requests ...sources.Request) []sources.Query {
	t.Helper()
	out := make([]sources.Query, len(requests))
	for i, r := range requests {
		var err error
		if out[i], err = s.Query(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func read(t *testing.T, s Source, requests ...sources.Request) ([]sources.Reading, error) {
	t.Helper()
	list := queries(t, s, requests...)
	return list[0].Open().Read(context.Background(), list)
}
