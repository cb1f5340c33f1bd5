package cluster

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
)

func newPlan(t *testing.T, change func(*Config)) plan {
	t.Helper()
	config := DefaultConfig()
	config.Dir = t.TempDir()
	if change != nil {
		change(&config)
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	dir := home.Dir(config.Dir)
	if err := dir.Prepare(); err != nil {
		t.Fatal(err)
	}
	return plan{config: config, dir: dir, ports: ports{etcd: 1, etcdPeer: 2, apiServer: 3, controllerManager: 4, scheduler: 5, kwok: 6, metricsServer: 7}}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string // what the error says
	}{
		"negative nodes":    {func(c *Config) { c.Nodes = -1 }, []string{"--nodes", "-1", "0 to 10000"}},
		"no range":          {func(c *Config) { c.PodCIDR = "10.0.0.1" }, []string{"--cidr", "10.0.0.1", "10.64.0.0/12"}},
		"a range of IPv6":   {func(c *Config) { c.PodCIDR = "fd00::/64" }, []string{"--cidr", "fd00::/64"}},
		"no time":           {func(c *Config) { c.Timeout = 0 }, []string{"--timeout", "0s"}},
		"a wrong quantity":  {func(c *Config) { c.Capacity["cpu"] = "many" }, []string{"--node-capacity", "cpu", "many"}},
		"no quantity":       {func(c *Config) { c.Capacity["cpu"] = "" }, []string{"--node-capacity", "cpu"}},
		"unknown component": {func(c *Config) { c.Args = map[string][]string{"kubelet": {"--v=1"}} }, []string{"kubelet", "kube-apiserver"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := DefaultConfig()
			c.change(&config)
			err := config.Validate()
			if err == nil {
				t.Fatal("it is taken for good")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestUnits(t *testing.T) {
	p := newPlan(t, nil)
	var names []string
	for _, u := range p.units() {
		names = append(names, u.name)
		seen := map[string]bool{}
		for _, arg := range u.args {
			flag, _, _ := strings.Cut(arg, "=")
			if seen[flag] {
				t.Errorf("%s has %s twice", u.name, flag)
			}
			seen[flag] = true
		}
		if u.port == 0 || u.health == "" {
			t.Errorf("%s cannot be asked for its health: port %d, path %q", u.name, u.port, u.health)
		}
	}
	if !slices.Equal(names, ComponentNames()) {
		t.Errorf("units are %q, want %q", names, ComponentNames())
	}
}

// TestUnitsOnLoopback wants no component to listen, or to ask, anywhere else.
func TestUnitsOnLoopback(t *testing.T) {
	address := regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`)
	elsewhere := map[string]bool{"192.0.2.2": true, "10.96.0.0": true, "10.64.0.0": true} // written down only
	p := newPlan(t, nil)
	for _, u := range p.units() {
		for _, arg := range u.args {
			for _, a := range address.FindAllString(arg, -1) {
				if a != loopback && !elsewhere[a] {
					t.Errorf("%s has %s", u.name, arg)
				}
			}
		}
		if joined := strings.Join(u.args, " "); !strings.Contains(joined, loopback) {
			t.Errorf("%s is not told to stay on %s", u.name, loopback)
		}
	}
}

// TestControllersByDefault wants the HorizontalPodAutoscaler as everybody has it: others are compared with it.
func TestControllersByDefault(t *testing.T) {
	for _, arg := range newPlan(t, nil).controllerManager().args {
		for _, flag := range []string{"--horizontal-pod-autoscaler", "--kube-api-qps", "--kube-api-burst", "--concurrent-"} {
			if strings.HasPrefix(arg, flag) {
				t.Errorf("it has %s", arg)
			}
		}
	}
}

func TestArgsComeLast(t *testing.T) {
	p := newPlan(t, func(c *Config) { c.Args = map[string][]string{scheduler: {"--kube-api-qps=1", "--v=4"}} })
	args := p.units()[3].args
	if got := args[len(args)-2:]; !slices.Equal(got, []string{"--kube-api-qps=1", "--v=4"}) {
		t.Errorf("the scheduler's last arguments are %q", got)
	}
}

func TestKwokConfigsComeFirst(t *testing.T) {
	p := newPlan(t, func(c *Config) { c.KwokConfigs = []string{"/a.yaml", "/b.yaml"} })
	var configs []string
	for _, arg := range p.kwok().args {
		if file, found := strings.CutPrefix(arg, "--config="); found {
			configs = append(configs, filepath.Base(file))
		}
	}
	if want := []string{"a.yaml", "b.yaml", kwokConfig}; !slices.Equal(configs, want) {
		t.Errorf("KWOK reads %q, want %q", configs, want)
	}
}

// TestFilesAreThere wants every file that a component is told to read to have been written.
func TestFilesAreThere(t *testing.T) {
	p := newPlan(t, nil)
	if err := writeCredentials(p.dir, "https://127.0.0.1:3"); err != nil {
		t.Fatal(err)
	}
	if err := p.writeKwokConfig(); err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, u := range p.units() {
		for _, arg := range u.args {
			_, value, _ := strings.Cut(arg, "=")
			if !filepath.IsAbs(value) {
				continue
			}
			files++
			if _, err := os.Stat(value); err != nil {
				t.Errorf("%s has %s: %v", u.name, arg, err)
			}
		}
	}
	if files < 20 {
		t.Errorf("only %d files were found in the arguments", files)
	}
	for _, path := range []string{p.dir.Kubeconfig(), p.dir.PKI(adminPair + ".key")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v; want it to be its owner's alone", path, info.Mode(), err)
		}
	}
}

func TestFreePorts(t *testing.T) {
	seen := map[int]bool{}
	for range 50 { // as many labs at the same moment, none of whose servers listens yet
		p, err := freePorts()
		if err != nil {
			t.Fatal(err)
		}
		defer p.Release()
		for _, port := range []int{p.etcd, p.etcdPeer, p.apiServer, p.controllerManager, p.scheduler, p.kwok, p.metricsServer} {
			if port < firstPort || port >= endPort || seen[port] {
				t.Errorf("port %d is out of range, or given twice", port)
			}
			seen[port] = true
		}
	}
}

func TestFailedChecks(t *testing.T) {
	for name, c := range map[string]struct {
		report string
		want   []string
	}{
		"some":  {"[+]ping ok\n[-]etcd failed: reason withheld\n[-]x failed\nreadyz check failed\n", []string{"etcd failed: reason withheld", "x failed"}},
		"plain": {" not yet\n", []string{"not yet"}},
		"none":  {"", []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failedChecks(c.report); !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
