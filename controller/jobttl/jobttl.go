// Package jobttl keeps failed Jobs longer than those that succeed. How a Job ends is not known when it is admitted, and the
// TTL controller deletes by the one number that it finds: so admission writes the larger of ttl and ttl-on-failure, and this
// package the right one once the end is known.
package jobttl

import (
	"context"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

//+kubebuilder:rbac:groups=batch,resources=jobs,verbs=get;list;watch
//+kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// Writer writes how long a finished Job stays.
type Writer interface {
	KeepJob(ctx context.Context, job *batchv1.Job, seconds int32) error
}

// Reconciler looks at finished Jobs.
type Reconciler struct {
	Cached       client.Reader
	Writer       Writer
	OwnNamespace string
}

// Reconcile gives one finished Job the TTL of its outcome.
func (r *Reconciler) Reconcile(ctx context.Context, q reconcile.Request) (reconcile.Result, error) {
	job, ns, err := r.read(ctx, q.NamespacedName)
	if err != nil || job == nil {
		return reconcile.Result{}, err
	}
	seconds, needed := wanted(job, ns)
	if !needed {
		return reconcile.Result{}, nil
	}
	err = r.Writer.KeepJob(ctx, job, seconds)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsInvalid(err), apierrors.IsConflict(err):
		return reconcile.Result{}, nil // another Job of the name, or none: its event comes
	case err != nil:
		return reconcile.Result{}, err
	}
	logf.FromContext(ctx).Info("Job kept by its outcome", "namespace", q.Namespace, "name", q.Name, "seconds", seconds)
	return reconcile.Result{}, nil
}

func (r *Reconciler) read(ctx context.Context, key types.NamespacedName) (*batchv1.Job, *resolve.Namespace, error) {
	job := &batchv1.Job{}
	if err := r.Cached.Get(ctx, key, job); err != nil {
		return nil, nil, client.IgnoreNotFound(err)
	}
	n := &corev1.Namespace{}
	if err := r.Cached.Get(ctx, client.ObjectKey{Name: key.Namespace}, n); err != nil {
		return nil, nil, client.IgnoreNotFound(fmt.Errorf("reading Namespace %s: %w", key.Namespace, err))
	}
	ns := resolve.NewNamespace(n.Name, n.Labels, n.Annotations, nil)
	ns.Own = key.Namespace == r.OwnNamespace
	return job, ns, nil
}
