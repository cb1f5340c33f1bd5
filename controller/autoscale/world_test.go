package autoscale

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// world is everything around the loop, in memory.
type world struct {
	t    testing.TB
	loop *Loop

	mu       sync.Mutex
	version  int
	targets  map[targets.Key]targets.Target
	cached   map[targets.Key]targets.Target // what informers show, where they lag behind
	values   map[string]int64               // by list
	faults   map[string]error               // by list
	hang     map[string]bool                // by server
	reads    map[string]int                 // by server
	scaled   map[string][]int32             // by target's name: what was written
	statuses map[string][]v1alpha1.ScalerStatus
	events   []report.Event
	conflict int // how many writes from now on meet a conflict
	denied   error
	attempts int // how many writes were tried
	secrets  map[string]map[string]string
	asking   map[*credentials.Question]bool
	rivals   map[string]string // by target's name
	turns    atomic.Int64
}

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, targets: map[targets.Key]targets.Target{}, cached: map[targets.Key]targets.Target{}, values: map[string]int64{},
		faults: map[string]error{}, hang: map[string]bool{}, reads: map[string]int{}, scaled: map[string][]int32{},
		statuses: map[string][]v1alpha1.ScalerStatus{}, secrets: map[string]map[string]string{}, asking: map[*credentials.Question]bool{},
	}
	limits := polling.Limits{Linger: time.Millisecond, Timeout: 200 * time.Millisecond, BackoffFirst: 10 * time.Millisecond, BackoffMost: 20 * time.Millisecond}
	servers := polling.New(clock.RealClock{}, limits, silent{})
	w.loop = New(Parts{
		Clock: clock.RealClock{}, Sources: w, Servers: servers, Targets: w, Pods: w, Scales: w, Rivals: w, Authors: w, Credentials: vault{w}, Reports: w, Observer: silent{},
		Late: func(time.Duration) { w.turns.Add(1) },
	})
	t.Cleanup(servers.Stop)
	return w
}

// start runs the loop until the test ends, or stop is called.
func (w *world) start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { w.loop.Run(ctx); close(done) }()
	stop = func() { cancel(); <-done }
	w.t.Cleanup(stop)
	return stop
}

type silent struct{}

func (silent) Decided(*scaling.Decision)              {}
func (silent) Wrote(time.Duration, error)             {}
func (silent) Reported(error)                         {}
func (silent) Read(string, time.Duration, int, error) {}
func (silent) Failed(string)                          {}

// deployment adds a target.
func (w *world) deployment(name string, replicas int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := key(name)
	w.version++
	w.targets[k] = targets.Target{Key: k, UID: types.UID(name), ResourceVersion: strconv.Itoa(w.version), Replicas: replicas}
}

func key(name string) targets.Key {
	return targets.Key{Namespace: "ns", Kind: targets.DeploymentKind(), Name: name}
}

// scaler makes a Scaler with one list, read every interval.
func scaler(name string, change ...func(*v1alpha1.Scaler)) *v1alpha1.Scaler {
	least := int32(0)
	s := &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID("scaler-" + name), Generation: 1, CreationTimestamp: metav1.Now()},
		Spec: v1alpha1.ScalerSpec{
			ScaleTargetRef: v1alpha1.TargetRef{APIVersion: "apps/v1", Kind: "Deployment", Name: name}, MinReplicas: &least, MaxReplicas: 20,
			PollingInterval: &metav1.Duration{Duration: 20 * time.Millisecond}, Cooldown: &metav1.Duration{Duration: 100 * time.Millisecond},
			Triggers: []v1alpha1.Trigger{redisTrigger("server", name)},
		},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func redisTrigger(server, list string) v1alpha1.Trigger {
	return v1alpha1.Trigger{Type: "redis", Metadata: map[string]string{"address": server + ":6379", "listName": list, "listLength": "5"}}
}

// For is Sources.
func (w *world) For(*scaling.Signal) (*sources.Row, error) {
	return &sources.Row{Name: "memory", Source: memory{w}, Interval: time.Second, Floor: time.Millisecond}, nil
}

type memory struct{ w *world }

type query struct {
	w            *world
	server, list string
}

func (m memory) Query(r sources.Request) (sources.Query, error) {
	server := r.Signal.TriggerRef.Metadata["address"] + "#" + r.Auth["password"]
	return query{m.w, server, r.Signal.TriggerRef.Metadata["listName"]}, nil
}
func (q query) Server() string       { return q.server }
func (q query) Open() sources.Reader { return q.w }

// Read is a sources.Reader.
func (w *world) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	server := queries[0].(query).server
	w.mu.Lock()
	w.reads[server]++
	hangs := w.hang[server]
	w.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if server == "locked:6379#" {
		return nil, sources.Unauthorized(errors.New("wrong password"))
	}
	out := make([]sources.Reading, len(queries))
	for i, q := range queries {
		list := q.(query).list
		out[i] = sources.Reading{Value: w.values[list] * 1000, Err: w.faults[list]}
	}
	return out, nil
}

// Close is a sources.Reader's.
func (w *world) Close() error { return nil }

func (w *world) set(list string, n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.values[list] = n
}

// Get is Targets.
func (w *world) Get(_ context.Context, k targets.Key) (targets.Target, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t, ok := w.cached[k]; ok {
		return t, nil
	}
	return w.find(k)
}

// Fresh is Targets.
func (w *world) Fresh(_ context.Context, k targets.Key) (targets.Target, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.find(k)
}

func (w *world) find(k targets.Key) (targets.Target, error) {
	t, ok := w.targets[k]
	if !ok {
		return t, errors.New("not there")
	}
	return t, nil
}

// Of is Pods.
func (w *world) Of(context.Context, targets.Target) ([]*corev1.Pod, error) { return nil, nil }

// Scale is Scales.
func (w *world) Scale(_ context.Context, t targets.Target, replicas int32) (targets.Target, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts++
	if w.denied != nil {
		return t, w.denied
	}
	live := w.targets[t.Key]
	if w.conflict > 0 || live.ResourceVersion != t.ResourceVersion {
		w.conflict--
		return t, fmt.Errorf("writing: %w", apierrors.NewConflict(schema.GroupResource{Resource: "deployments"}, t.Name, errors.New("changed")))
	}
	w.version++
	live.Replicas, live.ResourceVersion = replicas, strconv.Itoa(w.version)
	w.targets[t.Key] = live
	w.scaled[t.Name] = append(w.scaled[t.Name], replicas)
	return live, nil
}

// Write is Reports.
func (w *world) Write(_ context.Context, s *v1alpha1.Scaler, _, to *v1alpha1.ScalerStatus) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.statuses[s.Name] = append(w.statuses[s.Name], *to.DeepCopy())
	return nil
}

// Tell is Reports.
func (w *world) Tell(_ *v1alpha1.Scaler, e report.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// Rival is Rivals.
func (w *world) Rival(k targets.Key) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name, found := w.rivals[k.Name]
	return name, found
}

// Author is Authors.
func (w *world) Author(context.Context, targets.Key) string { return "argocd-controller" }

// Advice is Authors.
func (w *world) Advice(author string) string { return "advice on " + author }

// rival has another autoscaler come to a target, or go where the name is empty.
func (w *world) rival(target, name string) {
	w.mu.Lock()
	w.rivals = map[string]string{target: name}
	if name == "" {
		w.rivals = nil
	}
	w.mu.Unlock()
	w.loop.TargetChanged(key(target))
}

// vault is Credentials.
type vault struct{ w *world }

func (v vault) Get(_ context.Context, q *credentials.Question) (credentials.Given, error) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.asking[q] = true
	s, ok := v.w.secrets[q.Trigger.AuthenticationRef.Name]
	if !ok {
		return credentials.Given{}, errors.New("no such Secret")
	}
	return credentials.Given{Auth: s}, nil
}

func (v vault) Distrust(*credentials.Question, time.Duration) {}

func (v vault) Forget(q *credentials.Question) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	delete(v.w.asking, q)
}

// rotate changes a Secret, and tells those who have asked for it.
func (w *world) rotate(name string, parameters map[string]string) {
	w.mu.Lock()
	w.secrets[name] = parameters
	var told []*credentials.Question
	for q := range w.asking {
		told = append(told, q)
	}
	w.mu.Unlock()
	for _, q := range told {
		q.Changed()
	}
}

func (w *world) written(name string) []int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int32(nil), w.scaled[name]...)
}

func (w *world) reported(name string) []v1alpha1.ScalerStatus {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]v1alpha1.ScalerStatus(nil), w.statuses[name]...)
}

// await polls for a condition.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	w.t.Fatalf("did not come: %s", what)
}

type eventOf = report.Event

// noDownWindow lets a count fall at once.
func noDownWindow() *autoscalingv2.HorizontalPodAutoscalerBehavior {
	none := int32(0)
	return &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: &none}}
}
