package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scalers"
	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/client-go/tools/events"

	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/envelope"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/keda"
)

const (
	// idle is how long a scaler is kept that nobody asks.
	idle = 10 * time.Minute
	// httpTimeout bounds what scalers ask over HTTP.
	httpTimeout = 3 * time.Second
)

// pool has a scaler for each trigger that is asked about. A changed trigger, or changed credentials, is another scaler; the
// old one goes when it is idle.
type pool struct {
	// ctx is the life of the scalers: they hold connections and some of them goroutines.
	ctx context.Context
	now func() time.Time

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*entry
}

// entry is one trigger's scaler.
type entry struct {
	key [sha256.Size]byte

	mu      sync.Mutex
	trigger *envelope.Trigger
	scaler  scalers.Scaler // nil before it is made, and after a failure
	active  map[string]bool
	used    time.Time
}

func newPool(ctx context.Context, now func() time.Time) *pool {
	return &pool{ctx: ctx, now: now, entries: map[[sha256.Size]byte]*entry{}}
}

// with has work done with the scaler of a request, one at a time for each trigger. After a failure the scaler is made anew, as
// KEDA does: many notice only then that a connection is lost.
func (p *pool) with(ref *pb.ScaledObjectRef, work func(*entry) error) error {
	t, err := envelope.Open(ref.GetScalerMetadata())
	if err != nil {
		return err
	}
	e, err := p.entry(ref, t)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.scaler == nil {
		if e.scaler, err = p.build(ref, e.trigger); err != nil {
			e.scaler = nil
			return safe(err, t)
		}
		e.active = map[string]bool{}
	}
	if err := work(e); err != nil {
		e.close()
		return safe(err, t)
	}
	return nil
}

func (p *pool) entry(ref *pb.ScaledObjectRef, t *envelope.Trigger) (*entry, error) {
	text, err := json.Marshal([]any{ref.GetNamespace(), ref.GetName(), t}) // maps are written in order
	if err != nil {
		return nil, fmt.Errorf("reading the trigger: %w", err)
	}
	key := sha256.Sum256(text)
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.entries[key]
	if !ok {
		e = &entry{key: key, trigger: t}
		p.entries[key] = e
	}
	e.used = p.now()
	return e, nil
}

// build makes a scaler of KEDA's.
func (p *pool) build(ref *pb.ScaledObjectRef, t *envelope.Trigger) (scalers.Scaler, error) {
	config := &scalersconfig.ScalerConfig{
		ScalableObjectName: ref.GetName(), ScalableObjectNamespace: ref.GetNamespace(), ScalableObjectType: "ScaledObject",
		GlobalHTTPTimeout: httpTimeout, TriggerName: t.Name, TriggerType: t.Type,
		TriggerMetadata: strict(t), AuthParams: notNil(t.Auth), ResolvedEnv: notNil(t.Env),
		MetricType: autoscalingv2.MetricTargetType(t.MetricType), Recorder: &events.FakeRecorder{}, ScaledObject: &kedav1alpha1.ScaledObject{},
		TriggerUniqueKey: fmt.Sprintf("%s/%s/%s/%s", ref.GetNamespace(), ref.GetName(), t.Type, t.Name),
	}
	scaler, err := construct(p.ctx, config)
	if err == nil && scaler == nil {
		return nil, fmt.Errorf("trigger type %s is not served", t.Type)
	}
	return scaler, err
}

// close lets go of the scaler. The caller holds e.mu.
func (e *entry) close() {
	if e.scaler == nil {
		return
	}
	scaler := e.scaler
	e.scaler = nil
	go func() { _ = scaler.Close(context.Background()) }() // it may wait for a server; nobody can act on its error
}

// sweepUntil lets idle scalers go, until the context ends.
func (p *pool) sweepUntil(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.sweep()
		case <-ctx.Done():
			return
		}
	}
}

func (p *pool) sweep() {
	p.mu.Lock()
	var old []*entry
	for key, e := range p.entries {
		if p.now().Sub(e.used) > idle {
			old = append(old, e)
			delete(p.entries, key)
		}
	}
	p.mu.Unlock()
	for _, e := range old {
		e.mu.Lock()
		e.close()
		e.mu.Unlock()
	}
}

// strict is the metadata with one default changed: where KEDA lets a trigger say that no data is an error, it is one, unless
// the trigger says that it is not. Absent data is never zero data.
func strict(t *envelope.Trigger) map[string]string {
	metadata := map[string]string{}
	if kind, ok := keda.Lookup(t.Type); ok && slices.ContainsFunc(kind.Params, func(p keda.Param) bool { return p.Name == "ignoreNullValues" }) {
		metadata["ignoreNullValues"] = "false"
	}
	maps.Copy(metadata, t.Metadata)
	return metadata
}

func notNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
