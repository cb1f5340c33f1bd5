package enroll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// fieldManager of the Scalers' fields.
const fieldManager = "plimsoll-enroll"

// carryOut writes what the plan says.
func (r *Reconciler) carryOut(ctx context.Context, p plan) error {
	var errs []error
	for _, s := range p.remove {
		errs = append(errs, r.remove(ctx, s))
	}
	for i := range p.apply {
		errs = append(errs, r.apply(ctx, &p.apply[i]))
	}
	for i := range p.blocked {
		b := &p.blocked[i]
		r.warn(b.workload.object, reason.ConflictingScaler,
			fmt.Errorf("scaler %q was written by hand: the annotations make none beside it", b.name))
	}
	return errors.Join(errs...)
}

// apply writes a Scaler by server-side apply: what the annotations do not say any more goes, what others wrote stays.
func (r *Reconciler) apply(ctx context.Context, a *application) error {
	yes := true
	body, err := json.Marshal(applied{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion().String(), Kind: "Scaler"},
		Metadata: appliedMeta{
			Name: a.name, Namespace: a.workload.object.GetNamespace(), Labels: map[string]string{ManagedByLabel: ManagedByValue},
			OwnerReferences: []metav1.OwnerReference{{
				APIVersion: a.workload.kind.APIVersion(), Kind: a.workload.kind.String(), Name: a.workload.object.GetName(),
				UID: a.workload.object.GetUID(), Controller: &yes, BlockOwnerDeletion: &yes,
			}},
		},
		Spec: a.spec,
	})
	if err != nil {
		return fmt.Errorf("encoding Scaler %s: %w", a.name, err)
	}
	s := &v1alpha1.Scaler{}
	s.Namespace, s.Name = a.workload.object.GetNamespace(), a.name
	err = r.Client.Patch(ctx, s, client.RawPatch(types.ApplyPatchType, body), client.ForceOwnership, client.FieldOwner(fieldManager))
	if apierrors.IsInvalid(err) {
		r.warn(a.workload.object, reason.InvalidSpec, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("applying Scaler %s/%s: %w", s.Namespace, s.Name, err)
	}
	logf.FromContext(ctx).Info("Scaler applied", "namespace", s.Namespace, "name", s.Name)
	return nil
}

// applied is a Scaler without status and without fields that nobody set.
type applied struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        appliedMeta          `json:"metadata"`
	Spec            *v1alpha1.ScalerSpec `json:"spec"`
}

type appliedMeta struct {
	Name            string                  `json:"name"`
	Namespace       string                  `json:"namespace"`
	Labels          map[string]string       `json:"labels"`
	OwnerReferences []metav1.OwnerReference `json:"ownerReferences"`
}

// remove deletes a Scaler, unless it has changed or been replaced.
func (r *Reconciler) remove(ctx context.Context, s *v1alpha1.Scaler) error {
	err := r.Client.Delete(ctx, s, client.Preconditions{UID: &s.UID, ResourceVersion: &s.ResourceVersion})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("deleting Scaler %s/%s: %w", s.Namespace, s.Name, err)
	}
	logf.FromContext(ctx).Info("Scaler removed with the annotations", "namespace", s.Namespace, "name", s.Name)
	return r.restore(ctx, s)
}

// tell sends a warning for mistakes on a live object; admission denies new ones.
func (r *Reconciler) tell(w *workload, problems problemList) {
	if len(problems) == 0 {
		r.told.forget(warning{w.object.GetUID(), reason.InvalidValue})
		return
	}
	r.warn(w.object, reason.InvalidValue, describe(problems))
}

// warn sends a warning about an object, once for as long as it says the same.
func (r *Reconciler) warn(o client.Object, code reason.Code, err error) {
	if r.told.again(warning{o.GetUID(), code}, err.Error()) {
		return
	}
	r.Recorder.Eventf(o, nil, corev1.EventTypeWarning, code.String(), "Enroll", "%s", err)
}

type warning struct {
	uid  types.UID
	code reason.Code
}

// told remembers the last warning of each kind about each object. The zero value is ready for use.
type told struct {
	mu   sync.Mutex
	last map[warning]string
}

// mostTold bounds the memory; beyond it everything is forgotten, and said once more.
const mostTold = 10000

// again tells whether this was the last thing said, and notes it.
func (t *told) again(w warning, text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last[w] == text {
		return true
	}
	if t.last == nil || len(t.last) >= mostTold {
		t.last = map[warning]string{}
	}
	t.last[w] = text
	return false
}

func (t *told) forget(w warning) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, w)
}
