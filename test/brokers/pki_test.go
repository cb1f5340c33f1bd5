package brokers

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
)

func TestAuthority(t *testing.T) {
	a, other := NewAuthority(t), NewAuthority(t)
	pair := a.Issue(t, "server")
	cert, err := tls.X509KeyPair([]byte(pair.Cert), []byte(pair.Key))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		by    *Authority
		trust bool
	}{"its own authority": {a, true}, "another": {other, false}} {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(test.by.CA))
		_, err := cert.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "127.0.0.1"})
		if (err == nil) != test.trust {
			t.Errorf("%s: %v", name, err)
		}
	}
}
