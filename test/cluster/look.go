package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Client gives a client that knows Kubernetes' kinds and Plimsoll's, with the rights of an administrator. It is not slowed
// down by limits of its own. further are the kinds of others.
func (c *Cluster) Client(further ...func(*runtime.Scheme) error) (client.WithWatch, error) {
	config, err := c.REST()
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 1000, 2000
	scheme := runtime.NewScheme()
	for _, add := range append(further, clientgoscheme.AddToScheme, v1alpha1.AddToScheme) {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

// Component finds the process of a part of the lab, such as kube-apiserver.
func (c *Cluster) Component(ctx context.Context, name string) (*os.Process, error) {
	text, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	var status struct {
		Components []struct {
			Name string `json:"name"`
			PID  int    `json:"pid"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &status); err != nil {
		return nil, err
	}
	for _, part := range status.Components {
		if part.Name == name {
			return os.FindProcess(part.PID)
		}
	}
	return nil, fmt.Errorf("no %s in %s", name, text)
}

// Metric adds up one of the manager's metrics over its labels, of those lines that hold a text; "" is in all of them. A
// metric that is not there is an error.
func (m *Manager) Metric(name, text string) (float64, error) {
	response, err := http.Get(m.MetricsURL())
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	total, found := 0.0, false
	for line := range strings.Lines(string(page)) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		found = true
		if !strings.Contains(line, text) {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndex(line, " ")+1:]), 64)
		if err != nil {
			return 0, err
		}
		total += n
	}
	if !found {
		return 0, fmt.Errorf("the manager has no metric %s", name)
	}
	return total, nil
}

// Memory is the manager's, in MiB, as the kernel counts it: VmRSS for what is resident now, VmHWM for the most so far.
func (m *Manager) Memory(field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.PID()))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			n, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return n / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s in /proc/%d/status", field, m.PID())
}
