// Package cluster starts the programs of a cluster in order, gives them keys, nodes and access to each other, and knows when
// the cluster is ready.
package cluster

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// Config is all that can be said about a lab before it starts. It goes to a detached supervisor as JSON.
type Config struct {
	Dir   string `json:"dir"`
	Nodes int    `json:"nodes"`
	// Capacity of each node, by resource: cpu, memory, ephemeral-storage, pods, or any other name.
	Capacity map[string]string `json:"capacity"`
	// PodCIDR is what pods' addresses are taken from. A lab has no pod network: they are only written down.
	PodCIDR string `json:"podCIDR"`
	// KwokConfigs are files of KWOK's own configuration, read before the lab's: the first that fits an object counts.
	KwokConfigs []string `json:"kwokConfigs,omitempty"`
	// Args are further arguments by component. The last of a flag's values counts, so they override the lab's.
	Args map[string][]string `json:"args,omitempty"`
	// Timeout bounds the start.
	Timeout time.Duration `json:"timeout"`
	// Owner, if given, is the process whose end ends the lab.
	Owner *proc.Identity `json:"owner,omitempty"`
	// ExitOnStdinClose ends the lab when its standard input is closed.
	ExitOnStdinClose bool `json:"exitOnStdinClose,omitempty"`
}

// DefaultConfig is a cluster for thousands of pods. Nodes are simulated, so capacity costs nothing.
func DefaultConfig() Config {
	return Config{
		Nodes:    3,
		Capacity: map[string]string{"cpu": "256", "memory": "1Ti", "ephemeral-storage": "10Ti", "pods": "1000"},
		PodCIDR:  "10.64.0.0/12",
		Timeout:  2 * time.Minute,
	}
}

// Validate says what is wrong with the configuration, if anything is.
func (c Config) Validate() error {
	if c.Nodes < 0 || c.Nodes > 10000 {
		return fmt.Errorf("--nodes is %d, want 0 to 10000", c.Nodes)
	}
	if prefix, err := netip.ParsePrefix(c.PodCIDR); err != nil || !prefix.Addr().Is4() {
		return fmt.Errorf("--cidr is %q, want an IPv4 range such as 10.64.0.0/12", c.PodCIDR)
	}
	if c.Timeout <= 0 {
		return fmt.Errorf("--timeout is %v, want more than 0", c.Timeout)
	}
	for name, quantity := range c.Capacity {
		if _, err := resource.ParseQuantity(quantity); err != nil || quantity == "" {
			return fmt.Errorf("--node-capacity: %s is %q, want a quantity such as 4, 500m or 64Gi", name, quantity)
		}
	}
	for component := range c.Args {
		if names := ComponentNames(); !slices.Contains(names, component) {
			return fmt.Errorf("--component-arg: no component is called %q; there are %s", component, strings.Join(names, ", "))
		}
	}
	return nil
}

// The components of a lab, in the order in which they are listed.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	scheduler         = "kube-scheduler"
	kwok              = "kwok"
	metricsServer     = "metrics-server"
)

// ComponentNames are the components of a lab.
func ComponentNames() []string {
	return []string{etcd, apiServer, controllerManager, scheduler, kwok, metricsServer}
}
