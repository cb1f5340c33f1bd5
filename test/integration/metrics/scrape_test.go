package metrics

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// scraped: the lab's pods have no network. They are given this machine's address, where a server answers for each of them.
func scraped(t *testing.T, e *env) {
	const ns = "scraped"
	ip := machine(t)
	depth, port := depths(t, ip)
	go e.addressPods(t.Context(), ns, ip)
	depth.Store(40)
	e.workload(t, ns, queueDepth, "max-replicas", "3", "polling-interval", "1s", "scrape", fmt.Sprintf("port=%d,path=/metrics", port))
	e.wantReplicas(t, ns, 3)
	depth.Store(10)
	e.holds(t, ns, 3)
	depth.Store(-1) // the page is away
	e.wantActive(t, ns, "FailedGetPodsMetric", fmt.Sprintf("no pod answers at :%d/metrics: the answer is HTTP 503", port))
	e.holds(t, ns, 3)
	depth.Store(2)
	e.wantReplicas(t, ns, 1)
	e.wantActive(t, ns, "ValidMetricFound", "")
	s := &v1alpha1.Scaler{}
	must(t, e.client.Get(t.Context(), client.ObjectKey{Namespace: ns, Name: "web"}, s))
	if len(s.Status.Metrics) != 1 || s.Status.Metrics[0].Type != "Pods" {
		t.Errorf("metrics: %+v", s.Status.Metrics)
	}
}

// machine gives an address of this machine that is not loopback: loopback is never a pod's, and refused.
func machine(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	must(t, err)
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but loopback")
	return ""
}

// depths serves queue_depth; below 0 it serves an error.
func depths(t *testing.T, ip string) (*atomic.Int64, int) {
	t.Helper()
	var depth atomic.Int64
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	must(t, err)
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := depth.Load()
		if n < 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "# TYPE queue_depth gauge\nqueue_depth{queue=\"a\"} %d\n", n)
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	_, text, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	port, err := strconv.Atoi(text)
	must(t, err)
	return &depth, port
}

// addressPods is the part of a kubelet that the lab lacks: an address that something answers at.
func (e *env) addressPods(ctx context.Context, ns, ip string) {
	for ctx.Err() == nil {
		list := &corev1.PodList{}
		_ = e.client.List(ctx, list, client.InNamespace(ns))
		for i := range list.Items {
			p := &list.Items[i]
			if p.Status.PodIP == "" || p.Status.PodIP == ip {
				continue
			}
			before := client.MergeFrom(p.DeepCopy())
			p.Status.PodIP, p.Status.PodIPs = ip, []corev1.PodIP{{IP: ip}}
			_ = e.client.Status().Patch(ctx, p, before)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
