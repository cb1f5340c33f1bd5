// Package loop measures the loop alone, with everything around it in memory: what ten thousand Scalers cost that are read
// every second.
package loop

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/plimsoll-dev/plimsoll/controller/autoscale"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

const (
	scalers = 10000
	servers = 100
	// window is how long is measured; in it every tenth workload's queue jumps once.
	window = 10 * time.Second
)

// BenchmarkLoop reports, for one window: cores used, the lag from a sample to the scale write it led to, what was written in
// steady state, and the heap. Wanted: half a core, 200 ms at the 99th percentile, nothing written, 300 MiB.
func BenchmarkLoop(b *testing.B) {
	for b.Loop() {
		measure(b)
	}
}

func measure(b *testing.B) {
	m := newMemory()
	asking := polling.New(clock.RealClock{}, polling.DefaultLimits(), m)
	defer asking.Stop()
	loop := autoscale.New(autoscale.Parts{
		Clock: clock.RealClock{}, Sources: m, Servers: asking, Targets: m, Pods: m, Scales: m, Credentials: vault{}, Reports: m, Observer: m,
	})
	names := make([]string, scalers)
	for i := range names {
		names[i] = fmt.Sprintf("workload-%d", i)
		m.add(names[i], 2, 10)
		loop.Put(scaler(names[i], i))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	began := time.Now()
	go func() { loop.Run(ctx); close(done) }()
	for m.reports.Load() < scalers {
		time.Sleep(10 * time.Millisecond)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-until-all-ready")
	time.Sleep(2 * time.Second)

	idle := usage()
	reports, answers := m.reports.Load(), m.answers.Load()
	time.Sleep(window)
	b.ReportMetric((usage()-idle).Seconds()/window.Seconds(), "cores-steady")
	b.ReportMetric(float64(m.reports.Load()-reports+m.writes.Load()), "writes-steady")
	b.ReportMetric(float64(m.answers.Load()-answers)/window.Seconds(), "answers/s")

	busy := usage()
	step := window / (scalers / 10)
	for i := 0; i < scalers; i += 10 {
		m.values[names[i]].Store(50)
		time.Sleep(step)
	}
	b.ReportMetric((usage()-busy).Seconds()/window.Seconds(), "cores-busy")
	time.Sleep(2 * time.Second)
	b.ReportMetric(float64(m.writes.Load()), "scale-writes")
	m.lagsMu.Lock()
	slices.Sort(m.lags)
	b.ReportMetric(float64(m.lags[len(m.lags)/2].Microseconds())/1000, "ms-lag-p50")
	b.ReportMetric(float64(m.lags[len(m.lags)*99/100].Microseconds())/1000, "ms-lag-p99")
	m.lagsMu.Unlock()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	b.ReportMetric(float64(stats.HeapAlloc)/(1<<20), "MiB-heap")
	b.ReportMetric(float64(stats.Sys)/(1<<20), "MiB-from-system")
	cancel()
	<-done
}

func scaler(name string, i int) *v1alpha1.Scaler {
	least := int32(0)
	return &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "bench", Name: name, UID: types.UID("scaler-" + name), Generation: 1, CreationTimestamp: metav1.Now(),
		},
		Spec: v1alpha1.ScalerSpec{
			ScaleTargetRef: v1alpha1.TargetRef{APIVersion: "apps/v1", Kind: "Deployment", Name: name}, MinReplicas: &least, MaxReplicas: 20,
			PollingInterval: &metav1.Duration{Duration: time.Second},
			Triggers: []v1alpha1.Trigger{{Type: "redis", Metadata: map[string]string{
				"address": fmt.Sprintf("server-%d:6379", i%servers), "listName": name, "listLength": "5",
			}}},
		},
	}
}

func usage() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
