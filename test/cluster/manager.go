package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Manager is a running bin/plimsoll.
type Manager struct {
	// WebhookPort, HealthPort and MetricsPort on 127.0.0.1.
	WebhookPort, HealthPort, MetricsPort int

	cmd  *exec.Cmd
	done chan error
}

// ManagerOptions say how the manager is started.
type ManagerOptions struct {
	// WebhookPort that Install was told.
	WebhookPort int
	// Tap is what the manager's requests go through; nil for none.
	Tap *Tap
	// Log is where the manager's log goes.
	Log io.Writer
	// Args come after the ones that running outside the cluster needs, and win over them.
	Args []string
}

// StartManager starts bin/plimsoll as the ServiceAccount plimsoll-system/plimsoll, with no more rights than the manifests
// give it, and waits until it is ready.
func (c *Cluster) StartManager(ctx context.Context, options ManagerOptions) (*Manager, error) {
	program, err := Program("PLIMSOLL_BIN", "plimsoll")
	if err != nil {
		return nil, err
	}
	kubeconfig, err := c.serviceAccountKubeconfig(ctx, options)
	if err != nil {
		return nil, err
	}
	m := &Manager{WebhookPort: options.WebhookPort, done: make(chan error, 1)}
	if m.HealthPort, m.MetricsPort, err = twoPorts(); err != nil {
		return nil, err
	}
	args := append([]string{
		"--kubeconfig=" + kubeconfig,
		"--namespace=plimsoll-system",
		"--leader-elect=false",
		fmt.Sprintf("--webhook-bind-address=127.0.0.1:%d", m.WebhookPort),
		fmt.Sprintf("--health-probe-bind-address=127.0.0.1:%d", m.HealthPort),
		fmt.Sprintf("--metrics-bind-address=127.0.0.1:%d", m.MetricsPort),
		"--cert-dir=" + filepath.Join(c.Dir, fmt.Sprintf("certs-%d", m.WebhookPort)),
		"--shutdown-delay=0s",
	}, options.Args...)
	m.cmd = exec.Command(program, args...)
	m.cmd.Stdout, m.cmd.Stderr = options.Log, options.Log
	m.cmd.SysProcAttr = EndWithParent()
	if err := m.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	go func() { m.done <- m.cmd.Wait() }()
	if err := m.awaitReady(ctx); err != nil {
		_ = m.Stop()
		return nil, err
	}
	return m, nil
}

func twoPorts() (a, b int, err error) {
	if a, err = FreePort(); err != nil {
		return 0, 0, err
	}
	b, err = FreePort()
	return a, b, err
}

// Ports for managers and servers of tests lie below the range that Linux gives to outgoing connections (32768 and up), from
// which one could be taken between the moment it is found free and the moment its server listens; and below the lab's.
const (
	firstPort = 10000
	endPort   = 20000
)

// FreePort finds a port on 127.0.0.1 that nothing listens on.
func FreePort() (int, error) {
	const tries = 100
	var err error
	for range tries {
		var l net.Listener
		port := firstPort + rand.IntN(endPort-firstPort)
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("finding a free port between %d and %d: %w", firstPort, endPort, err)
}

// PID of the manager's process.
func (m *Manager) PID() int { return m.cmd.Process.Pid }

// Started tells whether there is a process to stop.
func (m *Manager) Started() bool { return m != nil && m.cmd != nil && m.cmd.Process != nil }

// MetricsURL is where its Prometheus metrics are.
func (m *Manager) MetricsURL() string {
	return fmt.Sprintf("http://127.0.0.1:%d/metrics", m.MetricsPort)
}

// Stop asks the manager to end, as Kubernetes would, and waits until it has.
func (m *Manager) Stop() error {
	if err := m.cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return m.wait()
}

// Kill ends the manager at once, as a node that fails would.
func (m *Manager) Kill() {
	_ = m.cmd.Process.Kill()
	_ = m.wait()
}

// Freeze stops the manager where it is, as a machine without time for it would, until Thaw.
func (m *Manager) Freeze() error { return m.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (m *Manager) Thaw() error { return m.cmd.Process.Signal(syscall.SIGCONT) }

// Wait waits until the manager has ended by itself, half a minute at most.
func (m *Manager) Wait() error { return m.wait() }

func (m *Manager) wait() error {
	select {
	case err := <-m.done:
		m.done <- err
		return err
	case <-time.After(30 * time.Second):
		_ = m.cmd.Process.Kill()
		return errors.New("the manager did not end within 30 s")
	}
}

func (m *Manager) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	url := fmt.Sprintf("http://127.0.0.1:%d/readyz", m.HealthPort)
	for {
		if ready(ctx, url) {
			return nil
		}
		select {
		case err := <-m.done:
			m.done <- err
			return fmt.Errorf("the manager ended before it was ready: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the manager was not ready after a minute (%s)", url)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// serviceAccountKubeconfig writes a kubeconfig that has no more rights than the manager's ServiceAccount.
func (c *Cluster) serviceAccountKubeconfig(ctx context.Context, options ManagerOptions) (string, error) {
	token, err := c.Kubectl(ctx, "create", "token", "plimsoll", "--namespace", "plimsoll-system", "--duration", "24h")
	if err != nil {
		return "", err
	}
	config, err := clientcmd.LoadFromFile(c.Kubeconfig)
	if err != nil {
		return "", err
	}
	context, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return "", fmt.Errorf("%s has no current context", c.Kubeconfig)
	}
	context.AuthInfo = "plimsoll"
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{"plimsoll": {Token: strings.TrimSpace(token)}}
	if options.Tap != nil {
		config.Clusters[context.Cluster] = options.Tap.entry()
	}
	path := filepath.Join(c.Dir, fmt.Sprintf("plimsoll-%d.kubeconfig", options.WebhookPort))
	return path, clientcmd.WriteToFile(*config, path)
}
