package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"
)

// sharing: two managers keep one Secret. The API server trusts one authority, so both have to serve what it signed: when the
// second comes, and when the Secret is gone and both make it again.
func sharing(t *testing.T, e *env) {
	second := e.startSecond(t)
	defer func() { must(t, second.Stop()) }()
	ports := []int{e.manager.WebhookPort, second.WebhookPort}
	trusted := e.authority(t)
	for _, port := range ports {
		must(t, serves(t.Context(), trusted, port))
	}
	e.kubectl(t, "delete", "secret", "plimsoll-webhook-cert", "-n", ownNamespace)
	e.awaitTrust(t, trusted, ports...)
	e.awaitService(t, "shared")
}

// serves tells whether what a manager serves is signed by an authority.
func serves(ctx context.Context, authority []byte, port int) error {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return errors.New("there is no authority")
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
	connection, err := dialer.DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	return connection.Close()
}
