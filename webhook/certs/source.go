// Package certs gives the admission server its certificate: from files that somebody else keeps current, or self-signed,
// kept in a Secret and rotated by the cert-controller. A new certificate is served from the next handshake on.
package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// The names of certificate and key, in a Secret of type kubernetes.io/tls and in the folder that it is mounted to.
const (
	certName = "tls.crt"
	keyName  = "tls.key"
)

// Source holds the certificate that is being served. Its zero value has none.
type Source struct {
	current atomic.Pointer[pair]
}

// pair is a certificate and what it was read from.
type pair struct {
	cert, key []byte
	parsed    tls.Certificate
}

// GetCertificate is for tls.Config.
func (s *Source) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p := s.current.Load()
	if p == nil {
		return nil, errors.New("there is no certificate yet")
	}
	return &p.parsed, nil
}

// Set takes up a certificate and its key in PEM, and tells whether it was a new one. A pair that does not fit together
// leaves the current one in service.
func (s *Source) Set(cert, key []byte) (changed bool, err error) {
	if old := s.current.Load(); old != nil && bytes.Equal(old.cert, cert) && bytes.Equal(old.key, key) {
		return false, nil
	}
	parsed, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return false, fmt.Errorf("reading certificate: %w", err)
	}
	s.current.Store(&pair{cert: bytes.Clone(cert), key: bytes.Clone(key), parsed: parsed})
	return true, nil
}

// Leaf is the certificate being served, nil where there is none.
func (s *Source) Leaf() *x509.Certificate {
	if p := s.current.Load(); p != nil {
		return p.parsed.Leaf
	}
	return nil
}

// Check is a readiness check: it fails while there is no certificate, and when it has expired.
func (s *Source) Check(*http.Request) error {
	leaf := s.Leaf()
	switch {
	case leaf == nil:
		return errors.New("there is no certificate yet")
	case time.Now().After(leaf.NotAfter):
		return fmt.Errorf("the certificate expired at %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}
