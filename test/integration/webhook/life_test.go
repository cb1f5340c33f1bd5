package webhook

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// life: objects are accepted whatever becomes of the manager, and it helps itself where it can.
func life(t *testing.T, e *env) {
	t.Run("another shares its Secret", func(t *testing.T) { sharing(t, e) })
	t.Run("its Secret is deleted", func(t *testing.T) {
		before := e.authority(t)
		e.kubectl(t, "delete", "secret", "plimsoll-webhook-cert", "-n", ownNamespace)
		e.awaitTrust(t, before, e.options.WebhookPort)
		e.awaitService(t, "rotated")
	})
	t.Run("its Secret is emptied", func(t *testing.T) {
		before := e.authority(t)
		e.kubectl(t, "patch", "secret", "plimsoll-webhook-cert", "-n", ownNamespace, "--type=merge", "-p", `{"data":null}`)
		e.awaitTrust(t, before, e.options.WebhookPort)
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

// awaitTrust waits until the API server trusts another authority, and the managers at the ports serve its certificate.
func (e *env) awaitTrust(t *testing.T, before []byte, ports ...int) {
	t.Helper()
	await(t, "a new certificate that the API server trusts", func() (bool, string) {
		now := e.authority(t)
		if len(now) == 0 || bytes.Equal(now, before) {
			return false, "the old authority"
		}
		for _, port := range ports {
			if err := serves(t.Context(), now, port); err != nil {
				return false, fmt.Sprintf("port %d: %v", port, err)
			}
		}
		return true, ""
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
