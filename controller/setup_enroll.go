package controller

import (
	"context"
	"fmt"
	"maps"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrl "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/controller/enroll"
	"github.com/plimsoll-dev/plimsoll/controller/jobttl"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// enrollWorkers make Scalers at once: a thousand new workloads are a thousand writes.
const enrollWorkers = 16

// addEnroll adds the controller that makes Scalers.
func (p *parts) addEnroll() error {
	r := &enroll.Reconciler{
		Cached: p.manager.GetCache(), Client: p.live, Recorder: p.manager.GetEventRecorder("plimsoll-enroll"), OwnNamespace: p.Namespace,
		Targets: &targets.Reader{Cached: p.manager.GetCache(), Live: p.live, Clock: p.clock}, Writer: p.writer,
	}
	wishes := builder.WithPredicates(changedWish())
	err := builder.ControllerManagedBy(p.manager).Named("plimsoll-enroll").
		Watches(&appsv1.Deployment{}, &handler.EnqueueRequestForObject{}, wishes).
		Watches(&appsv1.StatefulSet{}, &handler.EnqueueRequestForObject{}, wishes).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(p.workloadsOf), wishes).
		Watches(&v1alpha1.Scaler{}, handler.EnqueueRequestsFromMapFunc(workloadOf),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(ctrl.Options{MaxConcurrentReconciles: enrollWorkers, SkipNameValidation: &p.SkipNameValidation}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("adding the enrolment of workloads: %w", err)
	}
	return nil
}

// changedWish lets through what can change what is wished for: most updates are about status.
func changedWish() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		was, is := e.ObjectOld, e.ObjectNew
		return was.GetUID() != is.GetUID() || (was.GetDeletionTimestamp() == nil) != (is.GetDeletionTimestamp() == nil) ||
			!maps.Equal(was.GetAnnotations(), is.GetAnnotations()) || !maps.Equal(was.GetLabels(), is.GetLabels()) ||
			len(was.GetOwnerReferences()) != len(is.GetOwnerReferences())
	}}
}

// workloadOf maps a Scaler to the workload that it was made for: that it points at.
func workloadOf(_ context.Context, o client.Object) []reconcile.Request {
	s, ok := o.(*v1alpha1.Scaler)
	if !ok {
		return nil
	}
	names := map[string]bool{s.Name: true, s.Spec.ScaleTargetRef.Name: true}
	var requests []reconcile.Request
	for name := range names {
		requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: s.Namespace, Name: name}})
	}
	return requests
}

// workloadsOf maps a Namespace to its workloads: its annotations are their defaults.
func (p *parts) workloadsOf(ctx context.Context, ns client.Object) []reconcile.Request {
	names := map[types.NamespacedName]bool{}
	_, all := ns.GetAnnotations()[intent.KeySchedule.String()]
	note := func(m metav1.ObjectMeta) {
		if all || len(m.Annotations) > 0 { // without one of its own no workload asks for scaling; a schedule is for all
			names[types.NamespacedName{Namespace: m.Namespace, Name: m.Name}] = true
		}
	}
	deployments, sets := &appsv1.DeploymentList{}, &appsv1.StatefulSetList{}
	if p.manager.GetCache().List(ctx, deployments, client.InNamespace(ns.GetName())) == nil {
		for i := range deployments.Items {
			note(deployments.Items[i].ObjectMeta)
		}
	}
	if p.manager.GetCache().List(ctx, sets, client.InNamespace(ns.GetName())) == nil {
		for i := range sets.Items {
			note(sets.Items[i].ObjectMeta)
		}
	}
	var requests []reconcile.Request
	for name := range names {
		requests = append(requests, reconcile.Request{NamespacedName: name})
	}
	return requests
}

// addJobTTL adds the controller that keeps Jobs by their outcome.
func (p *parts) addJobTTL() error {
	r := &jobttl.Reconciler{Cached: p.manager.GetCache(), Writer: p.writer, OwnNamespace: p.Namespace}
	ended := predicate.NewPredicateFuncs(func(o client.Object) bool {
		job, ok := o.(*batchv1.Job)
		return ok && (jobttl.Failed(job) || jobttl.Complete(job))
	})
	err := builder.ControllerManagedBy(p.manager).Named("plimsoll-job-ttl").
		For(&batchv1.Job{}, builder.WithPredicates(ended)).
		WithOptions(ctrl.Options{SkipNameValidation: &p.SkipNameValidation}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("adding the TTL of Jobs: %w", err)
	}
	return nil
}
