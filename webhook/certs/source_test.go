package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	encodepem "encoding/pem"
	"math/big"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// pem makes a certificate for localhost and its key.
func pem(t *testing.T) (chain, key []byte) {
	t.Helper()
	chain, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	must(t, err)
	return chain, key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, s *Source, chain, key []byte, want bool) {
	t.Helper()
	changed, err := s.Set(chain, key)
	must(t, err)
	if changed != want {
		t.Errorf("changed is %t, want %t", changed, want)
	}
}

func TestSourceTakesWhatFits(t *testing.T) {
	t.Parallel()
	s := &Source{}
	if _, err := s.GetCertificate(nil); err == nil {
		t.Error("there is a certificate before there can be one")
	}
	if s.Check(nil) == nil {
		t.Error("ready without a certificate")
	}
	first, firstKey := pem(t)
	second, secondKey := pem(t)
	set(t, s, first, firstKey, true)
	set(t, s, first, firstKey, false)
	must(t, s.Check(nil))
	serial := s.Leaf().SerialNumber

	for name, broken := range map[string][2][]byte{
		"another key": {second, firstKey}, "no certificate": {nil, secondKey}, "no key": {second, nil}, "cut off": {second[:100], secondKey},
	} {
		if _, err := s.Set(broken[0], broken[1]); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if s.Leaf().SerialNumber.Cmp(serial) != 0 {
		t.Error("what does not fit took the place of what does")
	}
	set(t, s, second, secondKey, true)
}

// TestExpired: a certificate that nobody takes any more is no reason to be ready.
func TestExpired(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1e9, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	must(t, err)
	s := &Source{}
	set(t, s, encodepem.EncodeToMemory(&encodepem.Block{Type: cert.CertificateBlockType, Bytes: der}), keyPEM, true)
	if err := s.Check(nil); err == nil || !strings.Contains(err.Error(), "expired at 2001-09-09T01:46:40Z") {
		t.Errorf("error %v, want one that says when it expired", err)
	}
}

// TestNextHandshakeServesTheNewCertificate: rotation needs no restart.
func TestNextHandshakeServesTheNewCertificate(t *testing.T) {
	t.Parallel()
	s := &Source{}
	server := httptest.NewUnstartedServer(nil)
	server.TLS = &tls.Config{GetCertificate: s.GetCertificate, MinVersion: tls.VersionTLS12}
	chain, key := pem(t)
	set(t, s, chain, key, true)
	server.StartTLS()
	defer server.Close()
	// httptest adds a certificate of its own for callers without a server name; the name picks ours.
	for range 2 {
		connection, err := tls.Dial("tcp", server.Listener.Addr().String(), trusting(chain))
		must(t, err)
		must(t, connection.Close())
		chain, key = pem(t)
		set(t, s, chain, key, true)
	}
}

func trusting(chain []byte) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(chain)
	return &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func TestFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	f := &Files{Source: &Source{}, Folder: t.TempDir()}
	write := func(chain, key []byte) {
		must(t, os.WriteFile(filepath.Join(f.Folder, certName), chain, 0o600))
		must(t, os.WriteFile(filepath.Join(f.Folder, keyName), key, 0o600))
	}
	load := func(want bool) {
		t.Helper()
		changed, err := f.load()
		must(t, err)
		if changed != want {
			t.Errorf("changed is %t, want %t", changed, want)
		}
	}
	_, err := f.load()
	if err == nil || !strings.Contains(err.Error(), certName) || !strings.Contains(err.Error(), keyName) {
		t.Errorf("of an empty folder: %v, want both files in it", err)
	}
	write(pem(t))
	load(true)
	load(false)
	chain, key := pem(t)
	must(t, os.WriteFile(filepath.Join(f.Folder, certName), chain, 0o600))
	if _, err := f.load(); err == nil { // half of the new pair is there
		t.Error("a certificate without its key is taken")
	}
	must(t, f.Source.Check(nil))
	write(chain, key)
	load(true)
}
