package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
)

func authority(t *testing.T, name string) *Authority {
	t.Helper()
	a, err := NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// verify says whether the authority vouches for the pair, for this use.
func verify(t *testing.T, a *Authority, pair Pair, use x509.ExtKeyUsage, host string) error {
	t.Helper()
	if _, err := tls.X509KeyPair(pair.Cert, pair.Key); err != nil {
		t.Fatalf("the key does not fit the certificate: %v", err)
	}
	cert, err := parse(pair.Cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.Cert)
	_, err = cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{use}})
	return err
}

func TestServer(t *testing.T) {
	a := authority(t, "one")
	pair, err := a.Server("etcd", "127.0.0.1", "localhost")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if err := verify(t, a, pair, x509.ExtKeyUsageServerAuth, host); err != nil {
			t.Errorf("as %s: %v", host, err)
		}
	}
	if verify(t, a, pair, x509.ExtKeyUsageServerAuth, "example.com") == nil {
		t.Error("it is good for a name that it was not made for")
	}
	if verify(t, authority(t, "other"), pair, x509.ExtKeyUsageServerAuth, "localhost") == nil {
		t.Error("another authority vouches for it")
	}
}

func TestClient(t *testing.T) {
	a := authority(t, "one")
	pair, err := a.Client("anna", "admins", "users")
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(t, a, pair, x509.ExtKeyUsageClientAuth, ""); err != nil {
		t.Error(err)
	}
	if verify(t, a, pair, x509.ExtKeyUsageServerAuth, "") == nil {
		t.Error("a user's certificate is good for a server")
	}
	cert, err := parse(pair.Cert)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(cert.Subject.Organization) // a set, in a certificate
	if s := cert.Subject; s.CommonName != "anna" || !slices.Equal(s.Organization, []string{"admins", "users"}) {
		t.Errorf("it is for %v, want anna of admins and users", s)
	}
}

func TestSigningKey(t *testing.T) {
	private, public, err := NewSigningKey()
	if err != nil {
		t.Fatal(err)
	}
	privateBlock, _ := pem.Decode(private)
	publicBlock, _ := pem.Decode(public)
	if privateBlock == nil || publicBlock == nil {
		t.Fatalf("not in PEM: %q, %q", private, public)
	}
	key, err := x509.ParsePKCS8PrivateKey(privateBlock.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	half, err := x509.ParsePKIXPublicKey(publicBlock.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if !key.(*ecdsa.PrivateKey).PublicKey.Equal(half) {
		t.Error("the halves are of different keys")
	}
}
