package webhook

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestLife: objects are accepted whatever becomes of the manager, and it helps itself where it can.
func TestLife(t *testing.T) {
	e := start(t)
	t.Run("its Secret is deleted", func(t *testing.T) {
		before := e.authority(t)
		e.kubectl(t, "delete", "secret", "plimsoll-webhook-cert", "-n", ownNamespace)
		e.awaitTrust(t, before)
		e.awaitService(t, "rotated")
	})
	t.Run("its Secret is emptied", func(t *testing.T) {
		before := e.authority(t)
		e.kubectl(t, "patch", "secret", "plimsoll-webhook-cert", "-n", ownNamespace, "--type=merge", "-p", `{"data":null}`)
		e.awaitTrust(t, before)
		e.awaitService(t, "emptied")
	})
	t.Run("the webhook configuration is installed again", func(t *testing.T) {
		before := e.authority(t)
		e.kubectl(t, "delete", "mutatingwebhookconfiguration", "plimsoll")
		must(t, e.cluster.Install(t.Context(), e.options.WebhookPort))
		await(t, "the same authority again", func() (bool, string) {
			now := e.authority(t)
			return bytes.Equal(now, before), fmt.Sprintf("%d bytes of caBundle", len(now))
		})
		e.awaitService(t, "installed")
	})
	t.Run("it starts without a Secret", func(t *testing.T) {
		must(t, e.manager.Stop())
		e.kubectl(t, "delete", "secret", "plimsoll-webhook-cert", "-n", ownNamespace)
		e.startManager(t)
		e.awaitService(t, "started")
	})
	t.Run("it drains", func(t *testing.T) {
		must(t, e.manager.Stop())
		e.startManager(t, "--shutdown-delay=3s")
		e.drains(t)
	})
	t.Run("it is away", func(t *testing.T) {
		ns := e.namespace(t, "away", "")
		e.apply(t, deployment(ns, "web", "requests: cpu=250m"))
		e.want(t, ns, "deployment/web", container+".resources", "{}")
	})
	t.Run("it is back", func(t *testing.T) {
		e.startManager(t)
		e.awaitService(t, "back")
	})
	if bytes.Contains([]byte(e.log.String()), []byte("forbidden")) {
		t.Error("the manager was refused something: see its log")
	}
}

// authority is what the API server trusts.
func (e *env) authority(t *testing.T) []byte {
	t.Helper()
	c, err := e.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), "plimsoll", metav1.GetOptions{})
	must(t, err)
	for _, hook := range c.Webhooks {
		if !bytes.Equal(hook.ClientConfig.CABundle, c.Webhooks[0].ClientConfig.CABundle) {
			return nil // being written
		}
	}
	return c.Webhooks[0].ClientConfig.CABundle
}

// awaitTrust waits until the API server trusts another authority, and the manager serves its certificate.
func (e *env) awaitTrust(t *testing.T, before []byte) {
	t.Helper()
	await(t, "a new certificate that the API server trusts", func() (bool, string) {
		now := e.authority(t)
		if len(now) == 0 || bytes.Equal(now, before) {
			return false, "the old authority"
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(now)
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}}
		connection, err := dialer.DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", e.options.WebhookPort))
		if err != nil {
			return false, err.Error()
		}
		return connection.Close() == nil, ""
	})
}

// awaitService waits until the API server gets answers.
func (e *env) awaitService(t *testing.T, ns string) {
	t.Helper()
	e.namespace(t, ns, "")
	await(t, "objects are completed", func() (bool, string) {
		out, err := e.cluster.KubectlIn(t.Context(), deployment(ns, "web", "requests: cpu=250m"),
			"create", "-f", "-", "--dry-run=server", "-o", "jsonpath={"+container+".resources.requests.cpu}")
		return out == "250m", fmt.Sprint(out, err)
	})
}

// drains: readiness fails at once, while requests are still answered; and the process ends.
func (e *env) drains(t *testing.T) {
	ns := e.namespace(t, "drained", "")
	ended := make(chan error, 1)
	go func() { ended <- e.manager.Stop() }()
	await(t, "readiness fails", func() (bool, string) {
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/readyz", e.manager.HealthPort))
		if err != nil {
			return false, err.Error()
		}
		defer response.Body.Close()
		return response.StatusCode != http.StatusOK, response.Status
	})
	e.apply(t, deployment(ns, "web", "requests: cpu=250m"))
	e.want(t, ns, "deployment/web", container+".resources.requests.cpu", "250m")
	select {
	case err := <-ended:
		must(t, err)
	case <-time.After(20 * time.Second):
		t.Error("the manager did not end")
	}
}
