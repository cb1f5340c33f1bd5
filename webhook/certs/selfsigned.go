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
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// SelfSigned makes a certificate authority and a serving certificate, keeps them in a Secret, renews them in time, and
// writes the authority into the webhook configuration. All replicas share the Secret, so that whichever answers is trusted.
type SelfSigned struct {
	// Secret that holds the certificates. It is made where it is missing, and made again where somebody deletes it.
	Secret types.NamespacedName
	// Folder that the certificate is written to, where cert-controller looks for it as if it were mounted. The key stays in
	// memory.
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
// The rights that this takes are for two objects by name, and only where the certificate is self-signed; they are not in the
// generated role but in manifests/overlays/self-signed/rbac.yaml.
func (s *SelfSigned) AddTo(ctx context.Context, m manager.Manager) error {
	s.ready = make(chan struct{})
	keeper := &secretKeeper{secret: s.Secret, reader: m.GetAPIReader(), writer: m.GetClient()}
	if err := keeper.ensure(ctx); err != nil { // cert-controller ends the process where the Secret is missing
		return err
	}
	if err := s.addWatch(m, keeper); err != nil {
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
func (s *SelfSigned) addWatch(m manager.Manager, keeper *secretKeeper) error {
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
	return m.Add(&secretWatch{
		Cache: secrets, log: log, keeper: keeper, take: func(secret *corev1.Secret) { s.take(log, secret) }, gone: make(chan struct{}, 1),
	})
}

// take takes up the certificate of the Secret: into the Source, and into the folder.
func (s *SelfSigned) take(log logr.Logger, secret *corev1.Secret) {
	cert, key := secret.Data[certName], secret.Data[keyName]
	if len(cert) == 0 || len(key) == 0 {
		return // rotation is about to fill it
	}
	changed, err := s.Source.Set(cert, key)
	if err == nil && changed {
		err = s.write(cert)
	}
	switch {
	case err != nil:
		log.Error(err, "certificate not usable")
	case changed:
		log.Info("certificate loaded", "notAfter", s.Source.Leaf().NotAfter)
	}
}

func (s *SelfSigned) write(cert []byte) error {
	err := os.MkdirAll(s.Folder, 0o700)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Folder, certName), cert, 0o600)
	}
	if err != nil {
		return fmt.Errorf("writing certificate: %w", err)
	}
	return nil
}
