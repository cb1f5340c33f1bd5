package controller

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/autoscale"
	"github.com/plimsoll-dev/plimsoll/controller/conflict"
	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	"github.com/plimsoll-dev/plimsoll/controller/metrics"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/controller/trimmed"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// addAutoscale adds the loop.
func (p *parts) addAutoscale() error {
	servers := polling.New(p.clock, p.Limits, p.metrics)
	rivals := &conflict.Rivals{}
	keda, err := conflict.NewScaledObjects(rivals, p.manager.GetConfig())
	if err != nil {
		return err
	}
	known, err := p.credentials()
	if err != nil {
		return err
	}
	loop := autoscale.New(autoscale.Parts{
		Clock:       p.clock,
		Sources:     p.table,
		Servers:     servers,
		Targets:     p.workloads.targets,
		Pods:        p.workloads.pods,
		Scales:      p.writer,
		Rivals:      rivals,
		Authors:     &conflict.Authors{Live: p.live},
		Credentials: known,
		Reports:     &report.Writer{Client: p.live, Recorder: p.manager.GetEventRecorder("plimsoll-scaler")},
		Observer:    p.metrics,
		Late:        p.metrics.Late,
	})
	rivals.Changed = loop.TargetChanged
	if err := metrics.Gauges(p.Registerer, loop.Len, servers.Len); err != nil {
		return err
	}
	for _, object := range watched() {
		if _, err := p.manager.GetCache().GetInformer(context.Background(), object, cache.BlockUntilSynced(false)); err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
	}
	if err := p.manager.Add(&runner{
		loop: loop, servers: servers, cache: p.manager.GetCache(), rivals: rivals, keda: keda, credentials: known,
	}); err != nil {
		return fmt.Errorf("adding the loop: %w", err)
	}
	return nil
}

// watched are the objects whose informers are warm on every replica, so that a new leader starts at once.
func watched() []client.Object {
	return []client.Object{&v1alpha1.Scaler{}, &appsv1.Deployment{}, &appsv1.StatefulSet{}, &autoscalingv2.HorizontalPodAutoscaler{}}
}

// runner feeds the loop from informers while this process leads.
type runner struct {
	loop    *autoscale.Loop
	servers *polling.Servers
	cache   cache.Cache
	rivals  *conflict.Rivals
	keda    *conflict.ScaledObjects

	credentials *credentials.Store
}

// NeedLeaderElection: one process scales.
func (*runner) NeedLeaderElection() bool { return true }

// Start scales until the context ends.
func (r *runner) Start(ctx context.Context) error {
	defer r.servers.Stop()
	defer r.credentials.Stop()
	if err := r.learnRivals(ctx); err != nil {
		return err
	}
	for object, handler := range map[client.Object]toolscache.ResourceEventHandler{
		&v1alpha1.Scaler{}: r.scalerEvents(), &appsv1.Deployment{}: r.targetEvents(targets.DeploymentKind()),
		&appsv1.StatefulSet{}: r.targetEvents(targets.StatefulSetKind()),
	} {
		if _, err := r.follow(ctx, object, handler); err != nil {
			return err
		}
	}
	r.loop.Run(ctx)
	return nil
}

// follow has a handler see an informer's objects: for good, since the process ends with its leadership.
func (r *runner) follow(ctx context.Context, object client.Object, h toolscache.ResourceEventHandler) (toolscache.InformerSynced, error) {
	informer, err := r.cache.GetInformer(ctx, object)
	if err != nil {
		return nil, fmt.Errorf("watching %T: %w", object, err)
	}
	registered, err := informer.AddEventHandler(h)
	if err != nil {
		return nil, fmt.Errorf("watching %T: %w", object, err)
	}
	return registered.HasSynced, nil
}

// rivalsWithin bounds how long scaling waits for KEDA's objects to be known: a cluster where they may not be read still scales.
const rivalsWithin = 10 * time.Second

// learnRivals knows other autoscalers before the first count is written.
func (r *runner) learnRivals(ctx context.Context) error {
	synced, err := r.follow(ctx, &autoscalingv2.HorizontalPodAutoscaler{}, r.rivals.HPAs())
	if err != nil {
		return err
	}
	if err := r.keda.Start(ctx); err != nil {
		return err
	}
	toolscache.WaitForCacheSync(ctx.Done(), synced)
	limited, cancel := context.WithTimeout(ctx, rivalsWithin)
	defer cancel()
	toolscache.WaitForCacheSync(limited.Done(), r.keda.HasSynced)
	return nil
}

// scalerEvents keeps the loop's Scalers in step.
func (r *runner) scalerEvents() toolscache.ResourceEventHandler {
	put := func(object any) {
		s, ok := object.(*v1alpha1.Scaler)
		if !ok {
			return
		}
		if s.DeletionTimestamp != nil {
			r.loop.Remove(types.NamespacedName{Namespace: s.Namespace, Name: s.Name})
			return
		}
		r.loop.Put(s)
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, object any) { put(object) },
		DeleteFunc: func(object any) {
			key, err := toolscache.DeletionHandlingObjectToName(object)
			if err == nil {
				r.loop.Remove(types.NamespacedName{Namespace: key.Namespace, Name: key.Name})
			}
		},
	}
}

// targetEvents wakes the Scalers of workloads whose count, or roll-out, or existence has changed.
func (r *runner) targetEvents(kind schema.GroupVersionKind) toolscache.ResourceEventHandler {
	changed := func(object any) {
		key, err := toolscache.DeletionHandlingObjectToName(object)
		if err == nil {
			r.loop.TargetChanged(targets.Key{Namespace: key.Namespace, Kind: kind, Name: key.Name})
		}
	}
	return toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) {
			changed(object)
			r.noteEnvironment(kind, nil, object)
		},
		UpdateFunc: func(before, after any) {
			if targets.Differ(before, after) {
				changed(after)
			}
			r.noteEnvironment(kind, before, after)
		},
		DeleteFunc: changed,
	}
}

// noteEnvironment has triggers look again that take parameters from a workload's environment.
func (r *runner) noteEnvironment(kind schema.GroupVersionKind, before, after any) {
	if before != nil && trimmed.Environment(before) == trimmed.Environment(after) {
		return
	}
	if o, ok := after.(client.Object); ok {
		r.credentials.TargetChanged(targets.Key{Namespace: o.GetNamespace(), Kind: kind, Name: o.GetName()})
	}
}
