package report

import (
	"context"
	"fmt"

	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

//+kubebuilder:rbac:groups=plimsoll.dev,resources=scalers/status,verbs=patch
//+kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Writer writes statuses and events.
type Writer struct {
	Client   client.Client
	Recorder events.EventRecorder
}

// Write patches what differs between two statuses. Nobody else writes them, so there is nothing to conflict with.
func (w *Writer) Write(ctx context.Context, s *v1alpha1.Scaler, from, to *v1alpha1.ScalerStatus) error {
	old := &v1alpha1.Scaler{ObjectMeta: s.ObjectMeta, Status: *from.DeepCopy()}
	next := &v1alpha1.Scaler{ObjectMeta: s.ObjectMeta, Status: *to.DeepCopy()}
	if err := w.Client.Status().Patch(ctx, next, client.MergeFrom(old)); err != nil {
		return fmt.Errorf("writing status of Scaler %s/%s: %w", s.Namespace, s.Name, err)
	}
	return nil
}

// Tell sends an event.
func (w *Writer) Tell(s *v1alpha1.Scaler, e Event) {
	kind := corev1.EventTypeNormal
	if e.Warning {
		kind = corev1.EventTypeWarning
	}
	w.Recorder.Eventf(s, nil, kind, e.Reason.String(), e.Action, "%s", e.Note)
}
