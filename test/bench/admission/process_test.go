package admission_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

// process is a webhook that runs on its own, so that its processor time and memory are its own too.
type process struct {
	name, url string
	cmd       *exec.Cmd
}

// build compiles a program of the repository; with a warm build cache that is a link.
func build(b *testing.B, folder, pkg string) string {
	b.Helper()
	program := filepath.Join(folder, filepath.Base(pkg))
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", program, "github.com/plimsoll-dev/plimsoll/"+pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return program
}

// run starts a program and waits until its port answers.
func run(b *testing.B, name string, port int, program string, args ...string) *process {
	b.Helper()
	log := &bytes.Buffer{}
	p := &process{name: name, url: fmt.Sprintf("https://localhost:%d/mutate?timeout=2s", port), cmd: exec.Command(program, args...)}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = log, log, cluster.EndWithParent()
	must(b, p.cmd.Start())
	b.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		_ = p.cmd.Wait()
		if b.Failed() {
			b.Logf("%s said:\n%s", name, log)
		}
	})
	for range 200 {
		if connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = connection.Close()
			return p
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.Fatalf("%s does not listen", name)
	return nil
}

// cpu is the processor time that the process has taken, in user and kernel mode.
func (p *process) cpu(b *testing.B) time.Duration {
	b.Helper()
	const ticksPerSecond = 100 // USER_HZ, the same on every Linux
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	must(b, err)
	_, after, _ := strings.Cut(string(text), ") ") // a program's name may have blanks in it
	fields := strings.Fields(after)
	ticks := 0
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		must(b, err)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

// resident is the memory of the process, in bytes: now, or the most it ever had.
func (p *process) resident(b *testing.B, field string) int {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	must(b, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			must(b, err)
			return kib << 10
		}
	}
	b.Fatalf("no %s", field)
	return 0
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
