package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// transport is how the server is reached: plain where config is nil.
type transport struct {
	config *tls.Config
	// parts are what config was made from, for telling transports apart.
	parts [4]string
}

// key tells transports apart. It holds a private key and goes into a digest only.
func (t *transport) key() string {
	if t.config == nil {
		return ""
	}
	return fmt.Sprintf("%q", t.parts)
}

func transportFrom(p *sources.Parameters) (transport, error) {
	if !p.True("enableTLS") && !p.True("tls") {
		return transport{}, nil
	}
	unsafe := p.True("unsafeSsl")
	t := transport{parts: [4]string{fmt.Sprint(unsafe), p.Get("ca"), p.Get("cert"), p.Get("key")}}
	t.config = &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: unsafe, //nolint:gosec // the trigger asks for it by a parameter of this name
	}
	if p.Get("keyPassword") != "" {
		return t, errors.New("keyPassword: encrypted keys are not supported yet; legal is a key that is not encrypted")
	}
	if ca := p.Get("ca"); ca != "" {
		t.config.RootCAs = x509.NewCertPool()
		if !t.config.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return t, errors.New("ca holds no certificate in PEM")
		}
	}
	err := t.clientCertificate(p.Get("cert"), p.Get("key"))
	return t, err
}

func (t *transport) clientCertificate(cert, key string) error {
	switch {
	case cert == "" && key == "":
		return nil
	case cert == "" || key == "":
		return errors.New("cert and key: one of them is missing")
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return errors.New("cert and key are not a pair in PEM") // the error may quote the key
	}
	t.config.Certificates = []tls.Certificate{pair}
	return nil
}
