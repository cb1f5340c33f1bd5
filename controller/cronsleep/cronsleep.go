// Package cronsleep suspends CronJobs while a window of sleep of their schedule, or of their Namespace's, is open, and puts
// them back afterwards to what they were. It wakes at the edges of windows; in between nothing is read or written.
package cronsleep

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/sleep"
)

//+kubebuilder:rbac:groups=batch,resources=cronjobs,verbs=get;list;watch
//+kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// Writer suspends and resumes CronJobs.
type Writer interface {
	SuspendCronJob(ctx context.Context, c *batchv1.CronJob, to sleep.State) error
}

// Reconciler looks at one CronJob at a time.
type Reconciler struct {
	Cached       client.Reader
	Writer       Writer
	Recorder     events.EventRecorder
	Clock        clock.PassiveClock
	OwnNamespace string
}

// conflictDelay is how long after a refused write the CronJob is looked at again: the cache is about to hear what changed,
// and where that was its status, nobody else says so.
const conflictDelay = time.Second

// glance is how long a time on the clock is waited for at once: the clock may be set meanwhile.
const glance = time.Minute

// soon is when to look again; 0 where no change is to come.
func soon(now, change time.Time) time.Duration { return min(sleep.In(now, change), glance) }

// Reconcile brings one CronJob to what its schedule says now, and comes back when that may be something else.
func (r *Reconciler) Reconcile(ctx context.Context, q reconcile.Request) (reconcile.Result, error) {
	c, ns, err := r.read(ctx, q.NamespacedName)
	if err != nil || c == nil || c.DeletionTimestamp != nil {
		return reconcile.Result{}, err
	}
	now := r.Clock.Now()
	w := wish(c, ns, now)
	if w.keep {
		r.tell(c, w.problems)
		return reconcile.Result{}, nil
	}
	is := stateOf(c)
	to := sleep.Decide(is, w.asleep)
	if to == is {
		return reconcile.Result{RequeueAfter: soon(now, w.change)}, nil
	}
	err = r.Writer.SuspendCronJob(ctx, c, to)
	switch {
	case apierrors.IsNotFound(err):
		return reconcile.Result{}, nil
	case apierrors.IsConflict(err), apierrors.IsInvalid(err): // changed, or replaced by another of the name
		return reconcile.Result{RequeueAfter: conflictDelay}, nil
	case err != nil:
		return reconcile.Result{}, err
	}
	logf.FromContext(ctx).Info("CronJob follows its schedule",
		"namespace", c.Namespace, "name", c.Name, "asleep", w.asleep, "suspended", to.Suspended)
	return reconcile.Result{RequeueAfter: soon(now, w.change)}, nil
}

func (r *Reconciler) read(ctx context.Context, key types.NamespacedName) (*batchv1.CronJob, *resolve.Namespace, error) {
	c := &batchv1.CronJob{}
	if err := r.Cached.Get(ctx, key, c); err != nil {
		return nil, nil, client.IgnoreNotFound(err)
	}
	n := &corev1.Namespace{}
	if err := r.Cached.Get(ctx, client.ObjectKey{Name: key.Namespace}, n); err != nil {
		return nil, nil, client.IgnoreNotFound(fmt.Errorf("reading Namespace %s: %w", key.Namespace, err))
	}
	ns := resolve.NewNamespace(n.Name, n.Labels, n.Annotations, nil)
	ns.Own = key.Namespace == r.OwnNamespace
	return c, ns, nil
}

// stateOf reads what the CronJob shows.
func stateOf(c *batchv1.CronJob) sleep.State {
	return sleep.State{
		Suspended: c.Spec.Suspend != nil && *c.Spec.Suspend,
		Memory:    sleep.Memory(c.Annotations[intent.AsleepAnnotation]),
	}
}

// tell sends a warning for a schedule that cannot be followed.
func (r *Reconciler) tell(c *batchv1.CronJob, problems problemList) {
	var errs []error
	for _, p := range problems {
		errs = append(errs, errors.New(intent.Describe(p)))
	}
	r.Recorder.Eventf(c, nil, corev1.EventTypeWarning, reason.InvalidValue.String(), "Sleep", "%s", errors.Join(errs...))
}
