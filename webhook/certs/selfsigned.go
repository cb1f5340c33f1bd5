package certs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/go-logr/logr"
	"github.com/open-policy-agent/cert-controller/pkg/rotator"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// SelfSigned makes a certificate authority and a serving certificate, keeps them in a Secret, renews them in time, and
// writes the authority into the webhook configuration. All replicas share the Secret, so that whichever answers is trusted.
type SelfSigned struct {
	// Secret that holds the certificates. It has to exist, and may be empty: the manager has no right to create Secrets.
	Secret types.NamespacedName
	// Folder that the certificate is written to, where cert-controller looks for it as if it were mounted.
	Folder string
	// Service is the name of the Service that the API server calls.
	Service string
	// WebhookConfiguration is the name of the MutatingWebhookConfiguration whose caBundle is kept.
	WebhookConfiguration string
	// Source takes every new certificate.
	Source *Source

	ready chan struct{}
}

// AddTo adds rotation to a manager, on every replica: a certificate has to be there before a leader is.
func (s *SelfSigned) AddTo(m manager.Manager) error {
	s.ready = make(chan struct{})
	if err := s.addWatch(m); err != nil {
		return err
	}
	name := fmt.Sprintf("%s.%s.svc", s.Service, s.Secret.Namespace)
	err := rotator.AddRotator(m, &rotator.CertRotator{
		SecretKey:      s.Secret,
		CertDir:        s.Folder,
		CertName:       certName,
		KeyName:        keyName,
		CAName:         "plimsoll-ca",
		CAOrganization: "plimsoll",
		DNSName:        name,
		ExtraDNSNames:  []string{"localhost"}, // for a manager that runs beside the API server, outside the cluster
		IsReady:        s.ready,
		FieldOwner:     "plimsoll",
		ControllerName: "plimsoll-certificates",
		Webhooks:       []rotator.WebhookInfo{{Name: s.WebhookConfiguration, Type: rotator.Mutating}},
	})
	if err != nil {
		return fmt.Errorf("adding certificate rotation: %w", err)
	}
	return nil
}

// Check is a readiness check: it fails until the certificate is there and the API server has been told to trust it.
func (s *SelfSigned) Check(*http.Request) error {
	select {
	case <-s.ready:
		return nil
	default:
		return errors.New("the webhook configuration does not trust the certificate yet")
	}
}

// addWatch keeps the Source current by a watch on the one Secret.
func (s *SelfSigned) addWatch(m manager.Manager) error {
	secrets, err := cache.New(m.GetConfig(), cache.Options{
		Scheme: m.GetScheme(),
		Mapper: m.GetRESTMapper(),
		ByObject: map[client.Object]cache.ByObject{&corev1.Secret{}: {Namespaces: map[string]cache.Config{
			s.Secret.Namespace: {FieldSelector: fields.OneTermEqualSelector("metadata.name", s.Secret.Name)},
		}}},
	})
	if err != nil {
		return fmt.Errorf("watching Secret %s: %w", s.Secret, err)
	}
	log := m.GetLogger().WithName("certificate").WithValues("secret", s.Secret.String())
	return m.Add(&secretWatch{Cache: secrets, take: func(secret *corev1.Secret) { s.take(log, secret) }})
}

// take takes up the certificate of the Secret: into the Source, and into the folder.
func (s *SelfSigned) take(log logr.Logger, secret *corev1.Secret) {
	cert, key := secret.Data[certName], secret.Data[keyName]
	if len(cert) == 0 || len(key) == 0 {
		return // rotation is about to fill it
	}
	changed, err := s.Source.Set(cert, key)
	if err == nil && changed {
		err = s.write(cert, key)
	}
	switch {
	case err != nil:
		log.Error(err, "certificate not usable")
	case changed:
		log.Info("certificate loaded", "notAfter", s.Source.Leaf().NotAfter)
	}
}

func (s *SelfSigned) write(cert, key []byte) error {
	err := os.MkdirAll(s.Folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Folder, keyName), key, 0o600)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Folder, certName), cert, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing certificate: %w", err)
	}
	return nil
}

// secretWatch runs a cache on every replica and hands on what it sees.
type secretWatch struct {
	cache.Cache
	take func(*corev1.Secret)
}

// NeedLeaderElection tells the manager that every replica serves.
func (*secretWatch) NeedLeaderElection() bool { return false }

// Start watches until ctx is done.
func (w *secretWatch) Start(ctx context.Context) error {
	informer, err := w.GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching the certificate's Secret: %w", err)
	}
	take := func(object any) {
		if secret, ok := object.(*corev1.Secret); ok {
			w.take(secret)
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: take, UpdateFunc: func(_, object any) { take(object) },
	})
	if err != nil {
		return fmt.Errorf("watching the certificate's Secret: %w", err)
	}
	return w.Cache.Start(ctx)
}
