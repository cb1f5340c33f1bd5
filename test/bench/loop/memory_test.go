package loop

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// memory is everything around the loop, in memory: sources, targets, scales, statuses.
type memory struct {
	mu      sync.RWMutex
	targets map[string]targets.Target
	values  map[string]*atomic.Int64
	version atomic.Int64

	reads, answers, writes, reports atomic.Int64
	lagsMu                          sync.Mutex
	lags                            []time.Duration
}

func newMemory() *memory {
	return &memory{targets: map[string]targets.Target{}, values: map[string]*atomic.Int64{}}
}

func (m *memory) add(name string, replicas int32, value int64) {
	v := &atomic.Int64{}
	v.Store(value)
	m.values[name] = v
	m.targets[name] = targets.Target{
		Key: targets.Key{Namespace: "bench", Kind: targets.DeploymentKind(), Name: name}, UID: types.UID(name),
		ResourceVersion: strconv.FormatInt(m.version.Add(1), 10), Replicas: replicas,
	}
}

// For is autoscale.Sources.
func (m *memory) For(*scaling.Signal) (*sources.Row, error) {
	return &sources.Row{Name: "memory", Source: source{m}, Interval: time.Second, Floor: time.Second}, nil
}

type source struct{ m *memory }

type query struct {
	m            *memory
	server, list string
	value        *atomic.Int64
}

func (s source) Query(r sources.Request) (sources.Query, error) {
	meta := r.Signal.TriggerRef.Metadata
	return &query{s.m, meta["address"], meta["listName"], s.m.values[meta["listName"]]}, nil
}

func (q *query) Server() string       { return q.server }
func (q *query) Open() sources.Reader { return reader{q.m} }

type reader struct{ m *memory }

func (r reader) Read(_ context.Context, queries []sources.Query) ([]sources.Reading, error) {
	r.m.reads.Add(1)
	r.m.answers.Add(int64(len(queries)))
	out := make([]sources.Reading, len(queries))
	for i := range queries {
		if q, ok := queries[i].(*query); ok {
			out[i].Value = q.value.Load() * 1000
		}
	}
	return out, nil
}

func (reader) Close() error { return nil }

// Get is autoscale.Targets.
func (m *memory) Get(_ context.Context, k targets.Key) (targets.Target, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.targets[k.Name], nil
}

// Fresh is autoscale.Targets.
func (m *memory) Fresh(ctx context.Context, k targets.Key) (targets.Target, error) {
	return m.Get(ctx, k)
}

// Scale is autoscale.Scales.
func (m *memory) Scale(_ context.Context, t targets.Target, replicas int32) (targets.Target, error) {
	m.writes.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	t.Replicas, t.ResourceVersion = replicas, strconv.FormatInt(m.version.Add(1), 10)
	m.targets[t.Name] = t
	return t, nil
}

// Of is autoscale.Pods.
func (*memory) Of(context.Context, targets.Target) ([]*corev1.Pod, error) { return nil, nil }

// Write is autoscale.Reports.
func (m *memory) Write(context.Context, *v1alpha1.Scaler, *v1alpha1.ScalerStatus, *v1alpha1.ScalerStatus) error {
	m.reports.Add(1)
	return nil
}

// Tell is autoscale.Reports.
func (*memory) Tell(*v1alpha1.Scaler, report.Event) {}

type vault struct{}

func (vault) Get(context.Context, *credentials.Question) (credentials.Given, error) {
	return credentials.Given{}, nil
}
func (vault) Distrust(*credentials.Question, time.Duration) {}
func (vault) Forget(*credentials.Question)                  {}

// Decided is autoscale.Observer.
func (*memory) Decided(*scaling.Decision) {}

// Wrote is autoscale.Observer: the decision lag.
func (m *memory) Wrote(lag time.Duration, _ error) {
	m.lagsMu.Lock()
	defer m.lagsMu.Unlock()
	m.lags = append(m.lags, lag)
}

// Reported is autoscale.Observer.
func (*memory) Reported(error) {}

// Read is polling.Observer.
func (*memory) Read(string, time.Duration, int, error) {}

// Failed is polling.Observer.
func (*memory) Failed(string) {}
