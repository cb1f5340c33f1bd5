package sources

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"
)

// TLS is how a server is reached over TLS: not at all where Config is nil.
type TLS struct {
	Config *tls.Config
	// parts are what Config was made from, for telling one from another.
	parts []string
}

// TLSFrom makes a TLS configuration of the parameters unsafeSsl, ca, cert, key and keyPassword, those of them that the type
// has. Whether TLS is wanted is the caller's to know. The error names the parameter and never quotes it.
func TLSFrom(p *Parameters) (TLS, error) {
	unsafe := p.True("unsafeSsl")
	ca, cert, key, password := p.Get("ca"), p.Get("cert"), p.Get("key"), p.Get("keyPassword")
	t := TLS{
		parts: []string{fmt.Sprint(unsafe), ca, cert, key, password},
		Config: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			InsecureSkipVerify: unsafe, //nolint:gosec // the trigger asks for it by a parameter of this name
		},
	}
	if ca != "" {
		t.Config.RootCAs = x509.NewCertPool()
		if !t.Config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return t, errors.New("ca holds no certificate in PEM")
		}
	}
	pair, err := clientCertificate(cert, key, password)
	if pair != nil {
		t.Config.Certificates = []tls.Certificate{*pair}
	}
	return t, err
}

// Key tells one configuration from another. It holds a private key and goes into a digest only.
func (t *TLS) Key() string { return fmt.Sprintf("%q", t.parts) }

// clientCertificate gives the pair, or nil where none is wanted. Its errors leave out their causes, which may quote the key.
func clientCertificate(cert, key, password string) (*tls.Certificate, error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "" || key == "":
		return nil, errors.New("cert and key: one of them is missing")
	}
	if password != "" {
		var err error
		if key, err = decrypt(key, password); err != nil {
			return nil, err
		}
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, errors.New("cert and key are not a pair in PEM")
	}
	return &pair, nil
}

// decrypt opens an encrypted key of PKCS #8 ("ENCRYPTED PRIVATE KEY").
func decrypt(key, password string) (string, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return "", errors.New("key holds no key in PEM")
	}
	open, err := pkcs8.ParsePKCS8PrivateKey(block.Bytes, []byte(password))
	if err != nil {
		return "", errors.New("key is not opened by keyPassword: legal is a key of PKCS #8 encrypted with it")
	}
	der, err := x509.MarshalPKCS8PrivateKey(open)
	if err != nil {
		return "", errors.New("key is of a kind that TLS does not know")
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// Digest stands for secrets where one connection has to be told from another: in the name of a server.
func Digest(secrets ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", secrets))
	return hex.EncodeToString(sum[:8])
}
