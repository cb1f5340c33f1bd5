// Package e2e tests the lab as its users see it: by running the program. It needs the built one, bin/lab, or the file named by
// LAB_BIN.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// patience is how long something may take that takes seconds, on a machine that is busy.
const patience = 90 * time.Second

// binary is the program under test.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("LAB_BIN")
	if path == "" {
		path = "../../../bin/lab"
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(abs); errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s does not exist: build it with `make lab`, or name another in LAB_BIN", abs)
	}
	return abs
}

// lab is a cluster under test.
type lab struct {
	t   *testing.T
	bin string
	dir string
}

// result is what `lab up -o json` prints.
type result struct {
	Dir, Kubeconfig, APIServer, Kubernetes, Bin string
	Nodes, SupervisorPID                        int
	AlreadyRunning                              bool
}

// status is what `lab status -o json` prints.
type status struct {
	Phase      string
	Ready      bool
	Components []struct {
		Name, LastExit string
		PID, Restarts  int
		Ready          bool
		MemoryBytes    int64
	}
}

// newLab names a lab in a folder of its own, not started yet. It is brought down with the test.
func newLab(t *testing.T) *lab {
	l := &lab{t: t, bin: binary(t), dir: filepath.Join(t.TempDir(), "lab")}
	t.Cleanup(func() {
		if t.Failed() {
			l.showLogs()
		}
		if out, err := l.run("down"); err != nil {
			t.Errorf("lab down: %v\n%s", err, out)
		}
	})
	return l
}

// up starts it in the background. It ends with the test's process, should that not come to the end.
func (l *lab) up(args ...string) result {
	l.t.Helper()
	begin := time.Now()
	args = append([]string{"--detach", "--output=json", "--owner-pid=" + strconv.Itoa(os.Getpid())}, args...)
	out := l.must("up", args...)
	l.t.Logf("lab up took %v", time.Since(begin).Round(10*time.Millisecond))
	var r result
	l.decode(out, &r)
	return r
}

// command is a command of the lab, to be run.
func (l *lab) command(verb string, args ...string) *exec.Cmd {
	return exec.Command(l.bin, append([]string{verb, "--dir=" + l.dir}, args...)...)
}

// run runs a command and answers its standard output, or on failure what it says instead.
func (l *lab) run(verb string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	command := l.command(verb, args...)
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return out.String() + complaint.String(), err
	}
	return out.String(), nil
}

func (l *lab) must(verb string, args ...string) string {
	l.t.Helper()
	out, err := l.run(verb, args...)
	if err != nil {
		l.t.Fatalf("lab %s %s: %v\n%s", verb, strings.Join(args, " "), err, out)
	}
	return out
}

// kubectl runs kubectl and answers what it prints.
func (l *lab) kubectl(args ...string) (string, error) {
	return l.run("kubectl", append([]string{"--"}, args...)...)
}

// apply applies a file of testdata, or one that the test has written.
func (l *lab) apply(t *testing.T, file string) {
	t.Helper()
	if out, err := l.kubectl("apply", "--filename", file); err != nil {
		t.Fatalf("kubectl apply --filename %s: %v\n%s", file, err, out)
	}
}

func (l *lab) status() status {
	l.t.Helper()
	out, _ := l.run("status", "--output=json") // its exit code says no more than the report
	var s status
	l.decode(out, &s)
	return s
}

// processes are those of a running lab, its supervisor's too.
func (l *lab) processes() []proc.Identity {
	l.t.Helper()
	var all []proc.Identity
	for _, c := range l.status().Components {
		id, err := proc.Of(c.PID)
		if err != nil {
			l.t.Fatalf("process of %s: %v", c.Name, err)
		}
		all = append(all, id)
	}
	const components = 7
	if len(all) != components {
		l.t.Fatalf("the lab has %d processes, want %d", len(all), components)
	}
	return all
}

func (l *lab) decode(text string, into any) {
	l.t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		l.t.Fatalf("%q: %v", text, err)
	}
}

func (l *lab) showLogs() {
	logs, _ := filepath.Glob(filepath.Join(l.dir, "logs", "*.log"))
	for _, path := range logs {
		text, _ := os.ReadFile(path)
		const end = 2000
		l.t.Logf("%s ends with:\n%s", filepath.Base(path), text[max(0, len(text)-end):])
	}
}

// eventually polls until the condition is nil.
func eventually(t *testing.T, what string, condition func() error) {
	t.Helper()
	begin := time.Now()
	for {
		err := condition()
		if err == nil {
			t.Logf("%s: after %v", what, time.Since(begin).Round(10*time.Millisecond))
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s: not after %v: %v", what, patience, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// wantGone fails unless all processes end soon.
func wantGone(t *testing.T, processes []proc.Identity) {
	t.Helper()
	const soon = 10 * time.Second
	for _, p := range processes {
		if !p.WaitGone(soon) {
			t.Errorf("process %d still runs", p.PID)
		}
	}
}
