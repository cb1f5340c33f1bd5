package controller

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrl "sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/controller/cronsleep"
)

// addCronSleep adds the controller that suspends CronJobs by a schedule.
func (p *parts) addCronSleep() error {
	r := &cronsleep.Reconciler{
		Cached: p.manager.GetCache(), Writer: p.writer, Recorder: p.manager.GetEventRecorder("plimsoll-cron-sleep"),
		Clock: p.clock, OwnNamespace: p.Namespace,
	}
	wishes := changedWish()
	err := builder.ControllerManagedBy(p.manager).Named("plimsoll-cron-sleep").
		// The generation tells of spec.suspend; each run of a CronJob changes its status only.
		For(&batchv1.CronJob{}, builder.WithPredicates(predicate.Or(wishes, predicate.GenerationChangedPredicate{}))).
		Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(p.cronJobsOf), builder.WithPredicates(wishes)).
		WithOptions(ctrl.Options{SkipNameValidation: &p.SkipNameValidation}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("adding the sleep of CronJobs: %w", err)
	}
	return nil
}

// cronJobsOf maps a Namespace to its CronJobs: its schedule is theirs.
func (p *parts) cronJobsOf(ctx context.Context, ns client.Object) []reconcile.Request {
	list := &batchv1.CronJobList{}
	if p.manager.GetCache().List(ctx, list, client.InNamespace(ns.GetName())) != nil {
		return nil
	}
	requests := make([]reconcile.Request, len(list.Items))
	for i := range list.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&list.Items[i])
	}
	return requests
}
