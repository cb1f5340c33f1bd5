// Package enroll makes the Scalers that annotations ask for, keeps them in step, and removes them with the annotations.
// Workloads that were there before Plimsoll, and Namespaces whose defaults change, come the same way: everything is derived
// anew from what is there, and written only where it differs.
package enroll

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

//+kubebuilder:rbac:groups=apps,resources=deployments;statefulsets,verbs=get;list;watch
//+kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
//+kubebuilder:rbac:groups=plimsoll.dev,resources=scalers,verbs=get;list;watch;create;patch;delete

// Reconciler works on one name of a namespace at a time: the Deployment and the StatefulSet of that name, and their Scalers.
type Reconciler struct {
	// Cached reads what is watched.
	Cached client.Reader
	// Client writes Scalers.
	Client client.Client
	// Targets and Writer give back what a schedule owes, when it is taken away.
	Targets  Fresh
	Writer   Writer
	Recorder events.EventRecorder
	// OwnNamespace is the one that Plimsoll runs in.
	OwnNamespace string
	told         told
}

// Reconcile brings the Scalers of one name in step with the annotations.
func (r *Reconciler) Reconcile(ctx context.Context, q reconcile.Request) (reconcile.Result, error) {
	ns, err := r.namespace(ctx, q.Namespace)
	if err != nil || ns == nil {
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	workloads, err := r.workloads(ctx, q)
	if err != nil {
		return reconcile.Result{}, err
	}
	scalers, err := r.scalers(ctx, q)
	if err != nil {
		return reconcile.Result{}, err
	}
	wanted := make([]want, len(workloads))
	for i := range workloads {
		wanted[i] = wish(&workloads[i], ns)
		r.tell(&workloads[i], wanted[i].problems)
	}
	plan := planFor(wanted, scalers)
	return reconcile.Result{}, r.carryOut(ctx, plan)
}

// namespace reads the Namespace; nil where it is not there any more.
func (r *Reconciler) namespace(ctx context.Context, name string) (*resolve.Namespace, error) {
	n := &corev1.Namespace{}
	if err := r.Cached.Get(ctx, client.ObjectKey{Name: name}, n); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil //nolint:nilnil // a namespace that is gone takes its Scalers with it
		}
		return nil, fmt.Errorf("reading Namespace %s: %w", name, err)
	}
	ns := resolve.NewNamespace(n.Name, n.Labels, n.Annotations, nil)
	ns.Own = name == r.OwnNamespace
	return ns, nil
}

// workload is a Deployment or StatefulSet, as far as enrolling it goes.
type workload struct {
	kind   subject.Kind
	object client.Object
}

// workloads finds what has the name.
func (r *Reconciler) workloads(ctx context.Context, q reconcile.Request) ([]workload, error) {
	var found []workload
	d, s := &appsv1.Deployment{}, &appsv1.StatefulSet{}
	for _, w := range []workload{{kind: subject.Deployment, object: d}, {kind: subject.StatefulSet, object: s}} {
		err := r.Cached.Get(ctx, q.NamespacedName, w.object)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s %s: %w", w.kind, q.NamespacedName, err)
		}
		found = append(found, w)
	}
	return found, nil
}

// scalers finds the Scalers that can belong to the name.
func (r *Reconciler) scalers(ctx context.Context, q reconcile.Request) ([]*v1alpha1.Scaler, error) {
	var found []*v1alpha1.Scaler
	for _, name := range namesFor(q.Name) {
		s := &v1alpha1.Scaler{}
		err := r.Cached.Get(ctx, client.ObjectKey{Namespace: q.Namespace, Name: name}, s)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading Scaler %s/%s: %w", q.Namespace, name, err)
		}
		found = append(found, s)
	}
	return found, nil
}

// subjectOf makes the core's view of a workload.
func (w *workload) subject() *subject.Subject {
	return &subject.Subject{
		APIVersion: w.kind.APIVersion(), KindName: w.kind.String(), Kind: w.kind,
		Metadata: subject.Meta{
			Name: w.object.GetName(), Namespace: w.object.GetNamespace(), Labels: w.object.GetLabels(),
			Annotations: w.object.GetAnnotations(), OwnerReferences: w.object.GetOwnerReferences(),
			DeletionTimestamp: w.object.GetDeletionTimestamp(),
		},
	}
}

// describe puts a mistake into words.
func describe(problems problemList) error {
	var errs []error
	for _, p := range problems {
		errs = append(errs, errors.New(intent.Describe(p)))
	}
	return errors.Join(errs...)
}
