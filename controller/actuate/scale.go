// Package actuate writes workloads, and is the only package that does: replica counts through the scale subresource,
// how long a finished Job stays, and whether a CronJob is suspended.
package actuate

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

//+kubebuilder:rbac:groups=apps,resources=deployments/scale;statefulsets/scale,verbs=patch

// FieldManager is the name under which Plimsoll writes.
const FieldManager = "plimsoll"

// Writer writes workloads.
type Writer struct {
	Client client.Client
}

// Scale writes the replica count of a target, on condition that the target is still as it was read. It gives the target as
// it is then. IsConflict tells of an error that somebody else was faster.
func (w *Writer) Scale(ctx context.Context, t targets.Target, replicas int32) (targets.Target, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(t.Kind)
	object.SetNamespace(t.Namespace)
	object.SetName(t.Name)
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": t.ResourceVersion},
		"spec":     map[string]any{"replicas": replicas},
	})
	if err != nil {
		return t, fmt.Errorf("encoding the scale patch: %w", err)
	}
	written := &unstructured.Unstructured{}
	err = w.Client.SubResource("scale").Patch(ctx, object, client.RawPatch(types.MergePatchType, body),
		client.WithSubResourceBody(written), client.FieldOwner(FieldManager))
	if err != nil {
		return t, fmt.Errorf("writing scale of %s: %w", t.Key, err)
	}
	after, err := targets.OfScale(t.Key, written)
	if err != nil {
		return t, err
	}
	after.UID, after.RollingOut, after.Selector = t.UID, t.RollingOut, t.Selector
	return after, nil
}

// IsConflict tells whether the object was changed by somebody else meanwhile.
func IsConflict(err error) bool { return apierrors.IsConflict(err) }

// IsGone tells whether the object is not there any more.
func IsGone(err error) bool { return apierrors.IsNotFound(err) }
