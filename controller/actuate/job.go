package actuate

import (
	"context"
	"encoding/json"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

//+kubebuilder:rbac:groups=batch,resources=jobs,verbs=patch

// KeepJob sets how long a finished Job stays, on condition that the Job is the one that was read.
func (w *Writer) KeepJob(ctx context.Context, job *batchv1.Job, seconds int32) error {
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": job.UID},
		"spec":     map[string]any{"ttlSecondsAfterFinished": seconds},
	})
	if err != nil {
		return fmt.Errorf("encoding the Job patch: %w", err)
	}
	patched := &batchv1.Job{}
	patched.Namespace, patched.Name = job.Namespace, job.Name
	err = w.Client.Patch(ctx, patched, client.RawPatch(types.MergePatchType, body), client.FieldOwner(FieldManager))
	if err != nil {
		return fmt.Errorf("writing ttlSecondsAfterFinished of Job %s/%s: %w", job.Namespace, job.Name, err)
	}
	return nil
}
