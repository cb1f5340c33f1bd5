// Package pods finds the pods of a workload by ownership: Deployment -> ReplicaSets -> pods, StatefulSet -> pods. Labels are
// not enough: during a roll-out, and with careless selectors, they match pods of others. Its informers start when the first
// Scaler needs pods.
package pods

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

//+kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch
//+kubebuilder:rbac:groups=apps,resources=replicasets,verbs=get;list;watch

// byController is the index of objects by the UID of their controller.
const byController = "controller"

// Lister lists the pods of workloads.
type Lister struct {
	Cache cache.Cache

	once  sync.Once
	state chan error // holds the result of starting, once there is one
}

// New makes a lister. Nothing is watched before Of is called.
func New(c cache.Cache) *Lister { return &Lister{Cache: c, state: make(chan error, 1)} }

// startWait is when to come back who finds the informers starting.
const startWait = 250 * time.Millisecond

// Of gives the pods of a target, ordered by name. Nobody may change them. While the informers start, the error is a
// failure.Waiting: nobody waits in here, for whoever calls may have others to serve.
func (l *Lister) Of(ctx context.Context, t targets.Target) ([]*corev1.Pod, error) {
	if err := l.started(ctx); err != nil {
		return nil, err
	}
	owners := []types.UID{t.UID}
	if t.Kind == targets.DeploymentKind() {
		var err error
		if owners, err = l.replicaSets(ctx, t); err != nil {
			return nil, err
		}
	}
	var pods []*corev1.Pod
	for _, owner := range owners {
		list := &corev1.PodList{}
		err := l.Cache.List(ctx, list, client.InNamespace(t.Namespace), client.MatchingFields{byController: string(owner)},
			client.UnsafeDisableDeepCopy)
		if err != nil {
			return nil, fmt.Errorf("listing pods: %w", err)
		}
		for i := range list.Items {
			pods = append(pods, &list.Items[i])
		}
	}
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	return pods, nil
}

// InNamespace gives all pods of a namespace. Nobody may change them. While the informers start, the error is a failure.Waiting.
func (l *Lister) InNamespace(ctx context.Context, namespace string) ([]corev1.Pod, error) {
	if err := l.started(ctx); err != nil {
		return nil, err
	}
	list := &corev1.PodList{}
	if err := l.Cache.List(ctx, list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	return list.Items, nil
}

func (l *Lister) replicaSets(ctx context.Context, t targets.Target) ([]types.UID, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ReplicaSetList"))
	err := l.Cache.List(ctx, list, client.InNamespace(t.Namespace), client.MatchingFields{byController: string(t.UID)},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing ReplicaSets: %w", err)
	}
	uids := make([]types.UID, len(list.Items))
	for i := range list.Items {
		uids[i] = list.Items[i].UID
	}
	return uids, nil
}

// started starts the informers at the first call, and says whether they are in step with the API server.
func (l *Lister) started(ctx context.Context) error {
	l.once.Do(func() { go func() { l.state <- l.start(context.WithoutCancel(ctx)) }() })
	select {
	case err := <-l.state:
		l.state <- err
		return err
	default:
		return failure.Waiting(errors.New("pods are not known yet"), startWait)
	}
}

func (l *Lister) start(ctx context.Context) error {
	replicaSets := &metav1.PartialObjectMetadata{}
	replicaSets.SetGroupVersionKind(appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
	for _, object := range []client.Object{replicaSets, &corev1.Pod{}} {
		if err := l.Cache.IndexField(ctx, object, byController, controllerUID); err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
	}
	return nil
}

func controllerUID(o client.Object) []string {
	if owner := metav1.GetControllerOf(o); owner != nil {
		return []string{string(owner.UID)}
	}
	return nil
}
