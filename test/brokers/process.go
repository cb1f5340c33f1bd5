// Package brokers starts the servers that event sources are tested against: the real programs, on free ports, ended with the
// test that needs them. A server is a file here.
package brokers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// patience is how long a server may take to be ready. The slowest need half of it on a busy machine.
const patience = 60 * time.Second

// Required says that a missing server fails a test instead of skipping it.
func Required() bool { return os.Getenv("PLIMSOLL_BROKERS") == "required" }

// Program finds a program: the first of the names that is on PATH or where Debian keeps servers. A name may be a pattern of
// a path, such as /usr/lib/postgresql/*/bin/initdb. Without the program the test is skipped, or fails where brokers are
// Required.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		for _, pattern := range []string{name, "/usr/sbin/" + name, "/usr/lib/*/bin/" + name} {
			if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 && filepath.IsAbs(found[0]) {
				return found[len(found)-1]
			}
		}
	}
	if Required() {
		t.Fatalf("PLIMSOLL_BROKERS=required, and there is none of %q", names)
	}
	t.Skipf("there is none of %q here", names)
	return ""
}

// Process is a server that runs.
type Process struct {
	cmd  *exec.Cmd
	out  output
	done chan struct{}
}

// Start starts a program that ends with the test. What it printed is shown where the test fails.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &p.out, &p.out, time.Second
	cmd.SysProcAttr = cluster.EndWithParent()
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", cmd.Path, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended shows in what it printed
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Stop()
		if t.Failed() {
			t.Logf("%s printed:\n%s", filepath.Base(cmd.Path), p.out.tail())
		}
	})
	return p
}

// Stop ends the program at once, as a power failure would. It may be called again.
func (p *Process) Stop() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// Signal sends a signal, such as SIGSTOP for a server that accepts and never answers.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// Freeze stops the program where it is until Thaw: it accepts connections and never answers. It waits until that is so.
func (p *Process) Freeze(t testing.TB) {
	t.Helper()
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid)
	p.Await(t, func(context.Context) error {
		stat, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not Linux, where there is no telling
		}
		if _, state, ok := bytes.Cut(stat, []byte(") ")); ok && state[0] != 'T' {
			return fmt.Errorf("its state is %c", state[0])
		}
		return err
	})
}

// Thaw lets the program go on.
func (p *Process) Thaw(t testing.TB) {
	t.Helper()
	if err := p.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// Ended is closed when the program has ended.
func (p *Process) Ended() <-chan struct{} { return p.done }

// Await asks until ready has no error. A process that ends meanwhile fails the test at once.
func (p *Process) Await(t testing.TB, ready func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	for ctx.Err() == nil {
		if err = once(ctx, ready); err == nil {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("%s ended instead of being ready:\n%s", p.cmd.Path, p.out.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatalf("%s was not ready within %s: %v\n%s", p.cmd.Path, patience, err, p.out.tail())
}

// once bounds one attempt, so that a server that accepts too early does not use up the patience.
func once(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return ready(ctx)
}

// FreePort gives a port of loopback that nobody listens at.
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := cluster.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// FreeAddress gives host:port of such a port.
func FreeAddress(t testing.TB) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", FreePort(t))
}

// output keeps what a program prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what was printed.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// tail gives the end of it, where the reason of a failure is.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.Bytes()
	return string(text[max(0, len(text)-8<<10):])
}
