package enroll

import (
	"context"
	"fmt"

	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Fresh reads a workload's replica count from the API server.
type Fresh interface {
	Fresh(ctx context.Context, k targets.Key) (targets.Target, error)
}

// Writer writes a workload's replica count.
type Writer interface {
	Scale(ctx context.Context, t targets.Target, replicas int32) (targets.Target, error)
}

// restoreTries bounds the attempts to write a count while others write the same object.
const restoreTries = 5

// restore gives a workload the replicas back that a schedule still owes it: whoever takes the schedule away while a window is
// open would else have put the workload to sleep for good. It comes after the Scaler's deletion, or the engine would write
// the window's count again.
func (r *Reconciler) restore(ctx context.Context, s *v1alpha1.Scaler) error {
	owed, ok := scaling.Owed(s.Status.Digest)
	if !ok {
		return nil
	}
	k := targets.KeyOf(s.Namespace, s.Spec.ScaleTargetRef)
	var err error
	for range restoreTries {
		if err = r.rescale(ctx, k, owed); err == nil {
			return nil
		}
	}
	return fmt.Errorf("giving %s its %d replicas back: %w", k, owed, err)
}

func (r *Reconciler) rescale(ctx context.Context, k targets.Key, replicas int32) error {
	t, err := r.Targets.Fresh(ctx, k)
	if err != nil || t.Replicas == replicas {
		return err
	}
	if _, err := r.Writer.Scale(ctx, t, replicas); err != nil {
		return err
	}
	logf.FromContext(ctx).Info("Replicas given back", "namespace", k.Namespace, "name", k.Name, "current", t.Replicas, "desired", replicas)
	return nil
}
