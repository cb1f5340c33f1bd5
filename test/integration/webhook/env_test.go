// Package webhook tests admission on a real API server with the manager beside it: what becomes of objects, what users read,
// and that objects are accepted whatever becomes of the manager and its certificate. The manager runs as its ServiceAccount,
// so that a right that the manifests do not give fails a test.
package webhook

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

const ownNamespace = "plimsoll-system"

// env is one cluster with the manager.
type env struct {
	cluster *cluster.Cluster
	client  kubernetes.Interface
	options cluster.ManagerOptions
	manager *cluster.Manager
	log     *cluster.Log
}

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	c, err := cluster.Up(t.Context(), cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	e := &env{cluster: c, log: cluster.NewLog(t)}
	config, err := c.REST()
	must(t, err)
	e.client, err = kubernetes.NewForConfig(config)
	must(t, err)
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(t.Context(), port))
	e.options = cluster.ManagerOptions{WebhookPort: port, Log: e.log}
	e.startManager(t)
	t.Cleanup(func() { _ = e.manager.Stop() })
	return e
}

func (e *env) startManager(t *testing.T, args ...string) {
	t.Helper()
	options := e.options
	options.Args = args
	m, err := e.cluster.StartManager(context.WithoutCancel(t.Context()), options)
	must(t, err)
	e.manager = m
}

// startSecond starts another manager beside the first, at a port that the API server does not know.
func (e *env) startSecond(t *testing.T) *cluster.Manager {
	t.Helper()
	options := e.options
	var err error
	options.WebhookPort, err = cluster.FreePort()
	must(t, err)
	m, err := e.cluster.StartManager(context.WithoutCancel(t.Context()), options)
	must(t, err)
	return m
}

// namespace makes a namespace with labels and annotations, as YAML.
func (e *env) namespace(t *testing.T, name, metadata string) string {
	t.Helper()
	e.apply(t, "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: "+name+"\n"+metadata)
	return name
}

// apply does what has to succeed, and gives what kubectl said on standard error: warnings.
func (e *env) apply(t *testing.T, manifest string, args ...string) (said string) {
	t.Helper()
	_, said, err := e.cluster.KubectlBoth(t.Context(), manifest, append([]string{"apply", "-f", "-"}, args...)...)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, said, manifest)
	}
	return said
}

// refused does what has to fail, and gives what kubectl said.
func (e *env) refused(t *testing.T, manifest string) (said string) {
	t.Helper()
	out, said, err := e.cluster.KubectlBoth(t.Context(), manifest, "apply", "-f", "-")
	if err == nil {
		t.Fatalf("accepted: %s\n%s", out, manifest)
	}
	return said
}

// get reads one field of an object by JSONPath.
func (e *env) get(t *testing.T, namespace, object, path string) string {
	t.Helper()
	out, err := e.cluster.Kubectl(t.Context(), "get", object, "-n", namespace, "-o", "jsonpath={"+path+"}")
	must(t, err)
	return out
}

// want compares one field of an object.
func (e *env) want(t *testing.T, namespace, object, path, want string) {
	t.Helper()
	if got := e.get(t, namespace, object, path); got != want {
		t.Errorf("%s %s: %s is %q, want %q", namespace, object, path, got, want)
	}
}

// kubectl does what has to succeed.
func (e *env) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := e.cluster.Kubectl(t.Context(), args...)
	must(t, err)
	return out
}

// reviews is how many requests the manager has answered.
func (e *env) reviews(t *testing.T) int {
	t.Helper()
	total := 0
	for line := range strings.Lines(get(t, e.manager.MetricsURL())) {
		if strings.HasPrefix(line, "plimsoll_admission_requests_total{") {
			n, err := strconv.Atoi(strings.TrimSpace(line[strings.LastIndex(line, " "):]))
			must(t, err)
			total += n
		}
	}
	return total
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return string(text)
}

// await polls for a condition and says what was there instead.
func await(t *testing.T, what string, ok func() (bool, string)) {
	t.Helper()
	const within = 30 * time.Second
	var state string
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var done bool
		if done, state = ok(); done {
			return
		}
	}
	t.Fatalf("within %s did not come: %s; there is: %s", within, what, state)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// deployment is a manifest with annotations, each "key: value" without the prefix.
func deployment(namespace, name string, annotations ...string) string {
	return workload("apps/v1", "Deployment", namespace, name, annotations) + fmt.Sprintf(`spec:
  replicas: 1
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec: {containers: [{name: app, image: app:1}]}
`, name)
}

func workload(apiVersion, kind, namespace, name string, annotations []string) string {
	text := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n  namespace: %s\n", apiVersion, kind, name, namespace)
	if len(annotations) > 0 {
		text += "  annotations:\n    plimsoll.dev/" + strings.Join(annotations, "\n    plimsoll.dev/") + "\n"
	}
	return text
}
