package sources_test

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

func tlsOf(t *testing.T, auth map[string]string) (sources.TLS, error) {
	t.Helper()
	p, err := sources.ParametersOf(sources.Request{Auth: auth, Signal: &scaling.Signal{TriggerRef: &v1alpha1.Trigger{
		Type: "redis", Metadata: map[string]string{"address": "a:1", "listName": "q"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return sources.TLSFrom(&p)
}

func encrypted(t *testing.T, key, password string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(key))
	open, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	der, err := pkcs8.MarshalPrivateKey(open, []byte(password), nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}))
}

func TestTLSFrom(t *testing.T) {
	authority := brokers.NewAuthority(t)
	pair := authority.Issue(t, "client")
	sealed := encrypted(t, pair.Key, "open-sesame")
	for name, test := range map[string]struct {
		auth         map[string]string
		certificates int
		roots        bool
		wrong        string
	}{
		"nothing but a password":   {auth: map[string]string{"password": "p"}},
		"an authority":             {auth: map[string]string{"ca": authority.CA}, roots: true},
		"a pair":                   {auth: map[string]string{"cert": pair.Cert, "key": pair.Key}, certificates: 1},
		"an encrypted key":         {auth: map[string]string{"cert": pair.Cert, "key": sealed, "keyPassword": "open-sesame"}, certificates: 1},
		"the wrong key's password": {auth: map[string]string{"cert": pair.Cert, "key": sealed, "keyPassword": "no"}, wrong: "key is not opened by keyPassword"},
		"a password for no PEM":    {auth: map[string]string{"cert": pair.Cert, "key": "k", "keyPassword": "no"}, wrong: "key holds no key in PEM"},
		"half a pair":              {auth: map[string]string{"key": pair.Key}, wrong: "one of them is missing"},
		"no pair":                  {auth: map[string]string{"cert": pair.Cert, "key": sealed}, wrong: "not a pair in PEM"},
		"no certificate":           {auth: map[string]string{"ca": "x"}, wrong: "ca holds no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tlsOf(t, test.auth)
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Fatalf("got %v, want an error with %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(got.Config.Certificates); n != test.certificates || (got.Config.RootCAs != nil) != test.roots {
				t.Fatalf("%d client certificates and own roots %t, want %d and %t", n, got.Config.RootCAs != nil, test.certificates, test.roots)
			}
		})
	}
}

func TestKeysTellConfigurationsApart(t *testing.T) {
	seen := map[string]bool{}
	authority := brokers.NewAuthority(t)
	pair := authority.Issue(t, "client")
	for _, auth := range []map[string]string{
		{"password": "p"}, {"ca": authority.CA}, {"cert": pair.Cert, "key": pair.Key},
	} {
		got, err := tlsOf(t, auth)
		if err != nil {
			t.Fatal(err)
		}
		seen[sources.Digest(got.Key())] = true
	}
	if len(seen) != 3 {
		t.Fatalf("%d different digests, want 3", len(seen))
	}
}
