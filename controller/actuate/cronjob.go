package actuate

import (
	"context"
	"encoding/json"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/sleep"
)

//+kubebuilder:rbac:groups=batch,resources=cronjobs,verbs=patch

// SuspendCronJob suspends or resumes a CronJob, and notes beside it what is to be remembered, on condition that the CronJob
// is still as it was read.
func (w *Writer) SuspendCronJob(ctx context.Context, c *batchv1.CronJob, to sleep.State) error {
	var memory any // null removes the annotation
	if to.Memory != sleep.Awake {
		memory = to.Memory
	}
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{
			"uid": c.UID, "resourceVersion": c.ResourceVersion, "annotations": map[string]any{intent.AsleepAnnotation: memory},
		},
		"spec": map[string]any{"suspend": to.Suspended},
	})
	if err != nil {
		return fmt.Errorf("encoding the CronJob patch: %w", err)
	}
	patched := &batchv1.CronJob{}
	patched.Namespace, patched.Name = c.Namespace, c.Name
	err = w.Client.Patch(ctx, patched, client.RawPatch(types.MergePatchType, body), client.FieldOwner(FieldManager))
	if err != nil {
		return fmt.Errorf("writing suspend of CronJob %s/%s: %w", c.Namespace, c.Name, err)
	}
	return nil
}
