package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// TestSideBySide wants two labs to know nothing of each other, and the end of one to leave the other alone.
func TestSideBySide(t *testing.T) {
	one, other := newLab(t), newLab(t)
	starting := make(chan result)
	go func() { starting <- one.up("--nodes=1") }()
	b := other.up("--nodes=1")
	a := <-starting
	if a.APIServer == b.APIServer {
		t.Fatalf("both serve on %s", a.APIServer)
	}
	if out, err := one.kubectl("create", "namespace", "mine"); err != nil {
		t.Fatal(out)
	}
	if out, err := other.kubectl("get", "namespace", "mine"); err == nil {
		t.Errorf("the other has it too: %s", out)
	}
	processes := one.processes()
	one.must("down")
	wantGone(t, processes)
	if s := other.status(); !s.Ready {
		t.Errorf("the other's status is %+v, want ready", s)
	}
}

// TestDown wants nothing to be left but the logs, and an end where there is none to be no error.
func TestDown(t *testing.T) {
	l := newLab(t)
	l.up("--nodes=1")
	processes := l.processes()
	l.must("down")
	for _, p := range processes {
		if p.Alive() {
			t.Errorf("process %d still runs", p.PID)
		}
	}
	var left []string
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != "lab.lock logs" {
		t.Errorf("%q are left, want lab.lock, logs", got)
	}
	l.must("down")
	if out, err := l.run("status"); err == nil || !strings.Contains(out, "lab up") {
		t.Errorf("status without a lab: %v, %q; want an error that says how to start one", err, out)
	}
}

// TestKilled wants no process to outlive its supervisor, even one that had no chance to do anything about it; and the folder
// to be good for another lab at once.
func TestKilled(t *testing.T) {
	l := newLab(t)
	r := l.up("--nodes=1")
	processes := l.processes()
	if err := syscall.Kill(r.SupervisorPID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wantGone(t, processes)
	if again := l.up("--nodes=1"); again.AlreadyRunning {
		t.Error("the killed lab is taken for a running one")
	}
}

// TestForeground wants Ctrl-C to end a lab of the foreground, and its end by force to leave nothing either.
func TestForeground(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGKILL": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			command := l.command("up", "--nodes=1")
			firstLine(t, command)
			processes := l.processes()
			if err := command.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			wantGone(t, processes)
			if err := command.Wait(); sig == syscall.SIGINT && err != nil {
				t.Errorf("after Ctrl-C: %v, want success", err)
			}
		})
	}
}

// TestOwner wants a lab to end with the process that it belongs to.
func TestOwner(t *testing.T) {
	owner := exec.Command("sleep", "600")
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	l.must("up", "--detach", "--nodes=1", "--owner-pid="+strconv.Itoa(owner.Process.Pid))
	processes := l.processes()
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // killed, as said
	wantGone(t, processes)
}

// TestStdinClose wants a lab to end when its standard input is closed.
func TestStdinClose(t *testing.T) {
	l := newLab(t)
	command := l.command("up", "--nodes=1", "--exit-on-stdin-close")
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	firstLine(t, command)
	processes := l.processes()
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	wantGone(t, processes)
	if err := command.Wait(); err != nil {
		t.Errorf("after its standard input was closed: %v, want success", err)
	}
}

// TestRestart wants a component that ended to be started again, with its data, and to be told of.
func TestRestart(t *testing.T) {
	l := newLab(t)
	l.up("--nodes=1")
	if out, err := l.kubectl("create", "namespace", "lasting"); err != nil {
		t.Fatal(out)
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if err := l.component(name).Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, name+" is back", func() error {
			for _, c := range l.status().Components {
				if c.Name == name && (!c.Ready || c.Restarts != 1 || c.LastExit == "") {
					return fmt.Errorf("%+v", c)
				}
			}
			return nil
		})
	}
	wanted := "etcd ended (signal: killed) and is started again"
	if word, err := os.ReadFile(filepath.Join(l.dir, "logs", "supervisor.log")); err != nil || !strings.Contains(string(word), wanted) {
		t.Errorf("the supervisor's log says %q, %v; want %q", word, err, wanted)
	}
	eventually(t, "the namespace is there", l.wants("lasting", "get", "namespace/lasting", "--output", "jsonpath={.metadata.name}"))
}

// TestBroken wants a lab whose component cannot run to say so, with the component's own words, and to leave nothing.
func TestBroken(t *testing.T) {
	l := newLab(t)
	out, err := l.run("up", "--detach", "--component-arg=kube-scheduler=--no-such-flag")
	if err == nil {
		t.Fatal("it starts")
	}
	for _, want := range []string{"kube-scheduler ended", "unknown flag: --no-such-flag"} {
		if !strings.Contains(out, want) {
			t.Errorf("it says\n%s\nand not %q", out, want)
		}
	}
	if _, err := os.Stat(filepath.Join(l.dir, "kubeconfig")); err == nil {
		t.Error("a kubeconfig is left that leads nowhere")
	}
}

func TestForeignFolder(t *testing.T) {
	l := newLab(t)
	if err := os.Mkdir(l.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(l.dir, "thesis.txt"), "all my work")
	if out, err := l.run("up", "--detach"); err == nil || !strings.Contains(out, "thesis.txt") {
		t.Errorf("%v, %q; want an error that names the file", err, out)
	}
	if entries, err := os.ReadDir(l.dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want one file", entries, err)
	}
}

// component is the process of a component.
func (l *lab) component(name string) proc.Identity {
	l.t.Helper()
	for _, c := range l.status().Components {
		if c.Name == name {
			id, err := proc.Of(c.PID)
			if err != nil {
				l.t.Fatal(err)
			}
			return id
		}
	}
	l.t.Fatalf("no component %s", name)
	return proc.Identity{}
}

// firstLine starts a command and waits for the first line that it prints: the lab is ready then.
func firstLine(t *testing.T, command *exec.Cmd) {
	t.Helper()
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("it printed %q, then: %v", line, err)
	}
	t.Logf("ready after %v: %s", time.Since(begin).Round(10*time.Millisecond), strings.TrimSpace(line))
}
