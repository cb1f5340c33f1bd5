package certs

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// secretKeeper makes the Secret where it is missing. cert-controller fills it, and renews what is in it, but takes its absence
// for a reason to do nothing: until the next start of a replica, which then ends at once.
type secretKeeper struct {
	secret types.NamespacedName
	reader client.Reader
	writer client.Writer
}

// ensure makes an empty Secret, if there is none. Another replica may be doing the same.
func (k *secretKeeper) ensure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := k.reader.Get(ctx, k.secret, &corev1.Secret{})
	if err == nil {
		return nil
	}
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("looking for Secret %s: %w", k.secret, err)
	}
	err = k.writer.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
		Namespace: k.secret.Namespace, Name: k.secret.Name, Labels: map[string]string{"app.kubernetes.io/name": "plimsoll"},
	}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("making Secret %s for the certificate: %w", k.secret, err)
	}
	return nil
}

// secretWatch runs a cache on every replica, hands on what it sees, and has the Secret made again once it is gone.
type secretWatch struct {
	cache.Cache
	log    logr.Logger
	keeper *secretKeeper
	take   func(*corev1.Secret)
	gone   chan struct{}
}

// NeedLeaderElection tells the manager that every replica serves.
func (*secretWatch) NeedLeaderElection() bool { return false }

// Start watches until ctx is done.
func (w *secretWatch) Start(ctx context.Context) error {
	informer, err := w.GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching the certificate's Secret: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    w.seen,
		UpdateFunc: func(_, object any) { w.seen(object) },
		DeleteFunc: func(any) { w.missing() },
	})
	if err != nil {
		return fmt.Errorf("watching the certificate's Secret: %w", err)
	}
	go w.restore(ctx)
	return w.Cache.Start(ctx)
}

func (w *secretWatch) seen(object any) {
	if secret, ok := object.(*corev1.Secret); ok {
		w.take(secret)
	}
}

// missing asks for the Secret, without making the informer wait.
func (w *secretWatch) missing() {
	select {
	case w.gone <- struct{}{}:
	default: // asked for already
	}
}

// restore makes the Secret again as often as it is needed, and tries until it is there.
func (w *secretWatch) restore(ctx context.Context) {
	const pause = time.Second
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.gone:
		}
		err := w.keeper.ensure(ctx)
		if err == nil {
			w.log.Info("Secret made again")
			continue
		}
		w.log.Error(err, "certificate is not kept in a Secret")
		select {
		case <-ctx.Done():
		case <-time.After(pause):
			w.missing()
		}
	}
}
