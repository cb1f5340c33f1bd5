package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	kyaml "sigs.k8s.io/yaml"
)

// inCluster are the kinds of the installation that only make sense where the manager runs as a pod.
var inCluster = map[string]bool{"Deployment": true, "Service": true, "PodDisruptionBudget": true}

// Install applies the default installation, manifests/overlays/self-signed, with what a manager outside the cluster changes:
// no Deployment, and the API server reaches the webhook by URL on this machine's port.
func (c *Cluster) Install(ctx context.Context, webhookPort int) error {
	root, err := Root()
	if err != nil {
		return err
	}
	built, err := c.Kubectl(ctx, "kustomize", filepath.Join(root, "manifests", "overlays", "self-signed"))
	if err != nil {
		return err
	}
	objects, err := outsideCluster(built, WebhookURL(webhookPort))
	if err != nil {
		return err
	}
	_, err = c.KubectlIn(ctx, objects, "apply", "-f", "-")
	return err
}

// WebhookURL is where the API server finds a webhook on this machine. The name is what the certificate is for.
func WebhookURL(port int) string { return fmt.Sprintf("https://localhost:%d/mutate", port) }

// outsideCluster rewrites the built manifests.
func outsideCluster(built, url string) (string, error) {
	var out strings.Builder
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(built)), 4096)
	for {
		var u unstructured.Unstructured
		err := decoder.Decode(&u.Object)
		if errors.Is(err, io.EOF) {
			return out.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("reading the built manifests: %w", err)
		}
		if u.Object == nil || inCluster[u.GetKind()] {
			continue
		}
		if u.GetKind() == "MutatingWebhookConfiguration" {
			callByURL(&u, url)
		}
		text, err := kyaml.Marshal(u.Object)
		if err != nil {
			return "", err
		}
		out.WriteString("---\n" + string(text))
	}
}

// callByURL makes the API server call the webhooks by URL instead of by Service.
func callByURL(u *unstructured.Unstructured, url string) {
	hooks, _, _ := unstructured.NestedSlice(u.Object, "webhooks")
	for _, hook := range hooks {
		if h, ok := hook.(map[string]any); ok {
			h["clientConfig"] = map[string]any{"url": url}
		}
	}
	_ = unstructured.SetNestedSlice(u.Object, hooks, "webhooks")
}
