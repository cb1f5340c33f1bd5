// Package cli tests kubectl plimsoll on a real API server with the manager beside it: what it writes, what it refuses, and
// that what it foretells is what admission does.
package cli

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/root"
	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// env is a cluster with Plimsoll in it.
type env struct{ cluster *cluster.Cluster }

func start(t *testing.T) *env {
	t.Helper()
	if testing.Short() {
		t.Skip("needs an API server")
	}
	ctx := t.Context()
	c, err := cluster.Up(ctx, cluster.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, c.Down(context.Background())) })
	port, err := cluster.FreePort()
	must(t, err)
	must(t, c.Install(ctx, port))
	var log bytes.Buffer
	m, err := c.StartManager(context.WithoutCancel(ctx), cluster.ManagerOptions{WebhookPort: port, Log: &log})
	must(t, err)
	t.Cleanup(func() {
		_ = m.Stop()
		if t.Failed() {
			text := log.String()
			t.Logf("the end of the manager's log:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return &env{c}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// result is how one run of the program went.
type result struct {
	code     int
	out, err string
}

// run runs the program in this process, on the cluster.
func (e *env) run(t *testing.T, stdin io.Reader, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	streams := root.Streams{In: stdin, Out: &out, Err: &errs}
	if args[0] == "annotate" {
		args = append(args, "--kubeconfig", e.cluster.Kubeconfig, "--cache-dir", t.TempDir())
	}
	code := root.Run(t.Context(), streams, args)
	return result{code, out.String(), errs.String()}
}

// says fails unless the run ended with a code and said some texts.
func (r result) says(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	for _, text := range texts {
		if !strings.Contains(r.out+r.err, text) {
			t.Errorf("it does not say %q", text)
		}
	}
	if t.Failed() {
		t.Logf("standard output:\n%s\nstandard error:\n%s", r.out, r.err)
	}
}

// person answers a question at a terminal, after doing something else first.
type person struct {
	answer string
	first  func()
}

// IsTerminal makes the program ask.
func (p *person) IsTerminal() bool { return true }

// Read is the answer.
func (p *person) Read(into []byte) (int, error) {
	if p.first != nil {
		p.first()
	}
	n := copy(into, p.answer)
	p.answer, p.first = p.answer[n:], nil
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// nobody is a standard input with nobody at it.
func nobody() io.Reader { return strings.NewReader("") }

// namespace makes a namespace with a Deployment in it that is called web.
func (e *env) namespace(t *testing.T, name string) {
	t.Helper()
	e.apply(t, strings.ReplaceAll(web, "NAMESPACE", name))
}

func (e *env) apply(t *testing.T, manifests string) {
	t.Helper()
	_, err := e.cluster.KubectlIn(t.Context(), manifests, "apply", "-f", "-")
	must(t, err)
}

const web = `apiVersion: v1
kind: Namespace
metadata:
  name: NAMESPACE
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: NAMESPACE
  labels: {team: shop}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: app
          image: web:1
          resources: {requests: {cpu: 100m}}
`

// web reads the Deployment.
func (e *env) web(t *testing.T, namespace string) *appsv1.Deployment {
	t.Helper()
	out, err := e.cluster.Kubectl(t.Context(), "get", "deployment", "web", "-n", namespace, "-o", "yaml", "--show-managed-fields")
	must(t, err)
	d := &appsv1.Deployment{}
	must(t, yaml.Unmarshal([]byte(out), d))
	return d
}
