package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// MetricsAPI is a running bin/metricsapi: a metrics adapter whose values tests set.
type MetricsAPI struct {
	cluster     *Cluster
	port, admin int
	cmd         *exec.Cmd
}

// StartMetricsAPI starts bin/metricsapi and registers it for custom.metrics.k8s.io and external.metrics.k8s.io. It ends with
// this process. The log may be nil.
func (c *Cluster) StartMetricsAPI(ctx context.Context, log io.Writer) (*MetricsAPI, error) {
	port, admin, err := twoPorts()
	if err != nil {
		return nil, err
	}
	m := &MetricsAPI{cluster: c, port: port, admin: admin}
	if err := m.Start(log); err != nil {
		return nil, err
	}
	return m, errors.Join(m.Register(ctx), m.await(ctx))
}

// Start starts the program, as after Stop. It knows no values then.
func (m *MetricsAPI) Start(log io.Writer) error {
	program, err := Program("METRICSAPI_BIN", "metricsapi")
	if err != nil {
		return err
	}
	kubeconfig := m.cluster.Kubeconfig
	m.cmd = exec.Command(program,
		fmt.Sprintf("--secure-port=%d", m.port), "--bind-address=127.0.0.1", "--cert-dir="+filepath.Join(m.cluster.Dir, "metricsapi"),
		"--lister-kubeconfig="+kubeconfig, "--authentication-kubeconfig="+kubeconfig, "--authorization-kubeconfig="+kubeconfig,
		fmt.Sprintf("--admin-address=127.0.0.1:%d", m.admin))
	m.cmd.Stdout, m.cmd.Stderr, m.cmd.SysProcAttr = log, log, EndWithParent()
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", program, err)
	}
	return nil
}

// Stop ends the program. It stays registered: the API server answers 503 for it.
func (m *MetricsAPI) Stop() error {
	if err := m.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = m.cmd.Wait() // says that it was killed
	return nil
}

// Register makes the APIServices.
func (m *MetricsAPI) Register(ctx context.Context) error {
	var objects strings.Builder
	fmt.Fprintf(&objects, `apiVersion: v1
kind: Service
metadata: {name: metricsapi, namespace: kube-system}
spec: {type: ExternalName, externalName: localhost, ports: [{port: %d}]}
`, m.port)
	for _, api := range metricsAPIs() {
		version, group, _ := strings.Cut(api, ".")
		fmt.Fprintf(&objects, `---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: %s}
spec:
  group: %s
  version: %s
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {name: metricsapi, namespace: kube-system, port: %d}
`, api, group, version, m.port)
	}
	_, err := m.cluster.KubectlIn(ctx, objects.String(), "apply", "-f", "-")
	return err
}

// Unregister deletes the APIServices, as when somebody uninstalls the adapter.
func (m *MetricsAPI) Unregister(ctx context.Context) error {
	_, err := m.cluster.Kubectl(ctx, append([]string{"delete", "apiservice"}, metricsAPIs()...)...)
	return err
}

func metricsAPIs() []string {
	return []string{"v1beta2.custom.metrics.k8s.io", "v1beta1.external.metrics.k8s.io"}
}

// await waits until the API server sees the adapter.
func (m *MetricsAPI) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	args := append([]string{"wait", "--for=condition=Available", "--timeout=50s", "apiservice"}, metricsAPIs()...)
	for {
		_, err := m.cluster.Kubectl(ctx, args...)
		if err == nil {
			return m.put(ctx, http.MethodGet, "healthz", nil)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Set gives a metric a value. The series are pairs such as "namespace", "shop", "resource", "pods", "object", "*"; see
// bin/metricsapi's admin interface.
func (m *MetricsAPI) Set(ctx context.Context, metric, value string, series ...string) error {
	form := url.Values{"metric": {metric}, "value": {value}}
	for i := 0; i+1 < len(series); i += 2 {
		form.Set(series[i], series[i+1])
	}
	return m.put(ctx, http.MethodPut, "value", form)
}

// Hang has every answer take that long.
func (m *MetricsAPI) Hang(ctx context.Context, d time.Duration) error {
	return m.put(ctx, http.MethodPut, "hang", url.Values{"for": {d.String()}})
}

func (m *MetricsAPI) put(ctx context.Context, method, path string, form url.Values) error {
	address := fmt.Sprintf("http://127.0.0.1:%d/%s?%s", m.admin, path, form.Encode())
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		return fmt.Errorf("%s: %s: %s", address, response.Status, text)
	}
	return nil
}
