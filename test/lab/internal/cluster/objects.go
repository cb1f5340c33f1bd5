package cluster

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"text/template"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
)

//go:embed objects/*.yaml
var objectFiles embed.FS

// kwokConfig is the file in the lab's folder that KWOK reads.
const kwokConfig = "lab.yaml"

// zones are as many as a highly available workload spreads over.
const zones = 3

// writeKwokConfig lays the simulation's rules where KWOK finds them.
func (p plan) writeKwokConfig() error {
	text, err := objectFiles.ReadFile("objects/kwok.yaml")
	if err != nil {
		return fmt.Errorf("KWOK's configuration: %w", err)
	}
	if err := os.WriteFile(p.dir.Kwok(kwokConfig), text, 0o600); err != nil {
		return fmt.Errorf("KWOK's configuration: %w", err)
	}
	return nil
}

// objects are what a new cluster of this plan is given: access, the metrics API and the nodes.
func (p plan) objects() ([]*unstructured.Unstructured, error) {
	ca, err := os.ReadFile(p.dir.PKI(caFile))
	if err != nil {
		return nil, fmt.Errorf("the cluster's authority: %w", err)
	}
	objects, err := render("objects/access.yaml", nil)
	if err != nil {
		return nil, err
	}
	metrics, err := render("objects/metrics.yaml", map[string]any{
		"MetricsPort": p.ports.metricsServer,
		"CABundle":    base64.StdEncoding.EncodeToString(ca),
	})
	if err != nil {
		return nil, err
	}
	objects = append(objects, metrics...)
	for i := range p.config.Nodes {
		node, err := p.node(i)
		if err != nil {
			return nil, err
		}
		objects = append(objects, node...)
	}
	return objects, nil
}

// node is the i-th node. They take turns in the zones.
func (p plan) node(i int) ([]*unstructured.Unstructured, error) {
	return render("objects/node.yaml", map[string]any{
		"Name":     fmt.Sprintf("node-%d", i),
		"Zone":     fmt.Sprintf("lab-%c", 'a'+i%zones),
		"Capacity": p.config.Capacity,
	})
}

// render fills in a file and reads the objects in it.
func render(name string, data any) ([]*unstructured.Unstructured, error) {
	t, err := template.ParseFS(objectFiles, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var text bytes.Buffer
	if err := t.Option("missingkey=error").Execute(&text, data); err != nil {
		return nil, fmt.Errorf("filling in %s: %w", name, err)
	}
	var objects []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(&text, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		objects = append(objects, object)
	}
}

// create creates an object.
func create(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured) error {
	gvr, ok := resources()[object.GroupVersionKind().GroupKind()]
	if !ok {
		return fmt.Errorf("creating %s %s: its kind is not in the table", object.GetKind(), object.GetName())
	}
	_, err := client.Resource(gvr).Namespace(object.GetNamespace()).Create(ctx, object, metav1.CreateOptions{FieldManager: "lab"})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}
