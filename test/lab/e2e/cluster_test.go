package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCluster is what a cluster is for, on one that all its parts share.
func TestCluster(t *testing.T) {
	l := newLab(t)
	first := l.up("--nodes=4", "--node-capacity=cpu=8,example.com/gpu=2")
	l.apply(t, "testdata/workloads.yaml")

	// First what takes longest, since the others pass while it waits.
	for _, part := range []struct {
		name string
		test func(*testing.T, *lab)
	}{
		{"nodes", testNodes},
		{"validation", testValidation},
		{"deployment", testDeployment},
		{"jobs", testJobs},
		{"slow start", testSlowStart},
		{"addresses", testAddresses},
		{"controllers", testControllers},
		{"webhook", testWebhook},
		{"rights", testRights},
		{"aggregation", testAggregation},
		{"top", testTop},
		{"load", testLoad},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, l) })
	}

	t.Run("up again", func(t *testing.T) {
		again := l.up()
		if !again.AlreadyRunning || again.SupervisorPID != first.SupervisorPID || again.Kubeconfig != first.Kubeconfig {
			t.Errorf("up again = %+v, want %+v, already running", again, first)
		}
	})
}

func testNodes(t *testing.T, l *lab) {
	out, err := l.kubectl("get", "nodes", "--output",
		`jsonpath={range .items[*]}{.metadata.name} {.status.allocatable.cpu} {.status.allocatable.example\.com/gpu} {.status.allocatable.pods} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}`)
	if err != nil {
		t.Fatal(out)
	}
	want := "node-0 8 2 1k True\nnode-1 8 2 1k True\nnode-2 8 2 1k True\nnode-3 8 2 1k True\n"
	if out != want {
		t.Errorf("nodes are\n%swant\n%s", out, want)
	}
}

// testValidation is what needs a server whose version is stamped: a client asks for its schema before it applies.
func testValidation(t *testing.T, l *lab) {
	out, err := l.kubectl("apply", "--filename", "testdata/typo.yaml")
	if err == nil || !strings.Contains(out, `unknown field "spec.replica"`) {
		t.Errorf("applying a misspelt field: %v, %s", err, out)
	}
	if out, err := l.kubectl("version"); err != nil || !regexp.MustCompile(`Server Version: v1\.\d+\.\d+\n`).MatchString(out) {
		t.Errorf("kubectl version: %v, %s", err, out)
	}
}

func testDeployment(t *testing.T, l *lab) {
	if out, err := l.kubectl("rollout", "status", "deployment/web", "--timeout=60s"); err != nil {
		t.Fatal(out)
	}
	if out, err := l.kubectl("rollout", "status", "statefulset/store", "--timeout=60s"); err != nil {
		t.Fatal(out)
	}
}

func testJobs(t *testing.T, l *lab) {
	if out, err := l.kubectl("wait", "--for=condition=complete", "job/quick", "--timeout=60s"); err != nil {
		t.Error(out)
	}
	if out, err := l.kubectl("wait", "--for=condition=failed", "job/broken", "--timeout=60s"); err != nil {
		t.Error(out)
	}
	// One that shall take an hour runs.
	eventually(t, "the long job's pod runs", l.wants("1", "get", "job/long", "--output", "jsonpath={.status.ready}"))
	wantOutput(t, l, "", "get", "job/long", "--output", "jsonpath={.status.succeeded}")
	wantOutput(t, l, "3", "get", "pods", "--selector", "job-name=broken", "--output",
		"jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}")
}

// testSlowStart wants the pod's own delays to be kept, by the API server's clock.
func testSlowStart(t *testing.T, l *lab) {
	if out, err := l.kubectl("wait", "--for=condition=Ready", "pod/slow", "--timeout=60s"); err != nil {
		t.Fatal(out)
	}
	out, err := l.kubectl("get", "pod/slow", "--output",
		`jsonpath={.metadata.creationTimestamp} {.status.startTime} {.status.conditions[?(@.type=="Ready")].lastTransitionTime}`)
	if err != nil {
		t.Fatal(out)
	}
	created, started, ready := threeTimes(t, out)
	const wanted, granularity = 3, 1 // seconds; times are cut to whole ones
	if wait := started.Sub(created).Seconds(); wait < wanted-granularity {
		t.Errorf("started after %v s, want %d", wait, wanted)
	}
	if wait := ready.Sub(started).Seconds(); wait < wanted-granularity {
		t.Errorf("ready %v s after its start, want %d", wait, wanted)
	}
}

func testAddresses(t *testing.T, l *lab) {
	out, err := l.kubectl("get", "pods", "--selector=app=web", "--output", `jsonpath={range .items[*]}{.status.podIP}{"\n"}{end}`)
	if err != nil {
		t.Fatal(out)
	}
	seen := map[string]bool{}
	for ip := range strings.FieldsSeq(out) {
		if seen[ip] || !strings.HasPrefix(ip, "10.") {
			t.Errorf("address %q is given twice, or is not of the range", ip)
		}
		seen[ip] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d addresses, want 3", len(seen))
	}
}

// testControllers wants those controllers at work that a namespace, and the end of one, needs.
func testControllers(t *testing.T, l *lab) {
	if out, err := l.kubectl("create", "namespace", "brief"); err != nil {
		t.Fatal(out)
	}
	eventually(t, "its service account", l.wants("default", "--namespace=brief", "get", "serviceaccount/default", "--output", "jsonpath={.metadata.name}"))
	eventually(t, "its root certificate", l.wants("kube-root-ca.crt", "--namespace=brief", "get", "configmap/kube-root-ca.crt", "--output", "jsonpath={.metadata.name}"))
	if out, err := l.kubectl("delete", "namespace", "brief", "--timeout=60s"); err != nil {
		t.Error(out)
	}
}

// testRights wants RBAC to be asked: an account without rights has none, and the administrator has all.
func testRights(t *testing.T, l *lab) {
	if out, err := l.kubectl("auth", "can-i", "get", "secrets", "--as=system:serviceaccount:default:default"); err == nil {
		t.Errorf("an account without rights may read secrets: %s", out)
	}
	if out, err := l.kubectl("auth", "can-i", "*", "*"); err != nil {
		t.Errorf("the administrator may not do everything: %s", out)
	}
}

func testAggregation(t *testing.T, l *lab) {
	wantOutput(t, l, "True", "get", "apiservice/v1beta1.metrics.k8s.io", "--output", `jsonpath={.status.conditions[?(@.type=="Available")].status}`)
}

// testTop wants the use that annotations say, by pod and by container.
func testTop(t *testing.T, l *lab) {
	eventually(t, "kubectl top pods", func() error {
		out, err := l.kubectl("top", "pods", "--selector=app=web", "--no-headers")
		if err != nil {
			return fmt.Errorf("%s", out)
		}
		// Use is a difference over a time that two programs have measured: it is a milli off now and then.
		if found := regexp.MustCompile(`(?m)^web-\S+ +(449|450|451)m +128Mi *$`).FindAllString(out, -1); len(found) != 3 {
			return fmt.Errorf("want 3 pods of 450m and 128Mi, but it says\n%s", out)
		}
		return nil
	})
	eventually(t, "kubectl top pods --containers", func() error {
		out, err := l.kubectl("top", "pods", "--selector=app=store", "--containers", "--no-headers")
		if err != nil {
			return fmt.Errorf("%s", out)
		}
		if !regexp.MustCompile(`store-0 +main +(299|300|301)m +10Mi`).MatchString(out) || !regexp.MustCompile(`store-0 +side +[12]m +64Mi`).MatchString(out) {
			return fmt.Errorf("want 300m, 10Mi of main and 1m, 64Mi of side, but it says\n%s", out)
		}
		return nil
	})
	if out, err := l.kubectl("top", "nodes"); err != nil {
		t.Errorf("kubectl top nodes: %s", out)
	}
}

// testLoad wants one write to the nodes to change the use of pods that run.
func testLoad(t *testing.T, l *lab) {
	if out, err := l.kubectl("annotate", "nodes", "--all", "cpu.load.lab.plimsoll.dev/evening=700m"); err != nil {
		t.Fatal(out)
	}
	eventually(t, "the new load is seen", func() error {
		out, err := l.kubectl("top", "pod", "slow", "--no-headers")
		if err != nil || !regexp.MustCompile(`slow +(699|700|701)m`).MatchString(out) {
			return fmt.Errorf("want 700m, but it says %s", out)
		}
		return nil
	})
}

// wants is a condition for eventually: kubectl's output.
func (l *lab) wants(want string, args ...string) func() error {
	return func() error {
		out, err := l.kubectl(args...)
		if err != nil {
			return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
		}
		if out != want {
			return fmt.Errorf("kubectl %s: %q, want %q", strings.Join(args, " "), out, want)
		}
		return nil
	}
}

func wantOutput(t *testing.T, l *lab, want string, args ...string) {
	t.Helper()
	if err := l.wants(want, args...)(); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeFile(t, path, text)
	return path
}
