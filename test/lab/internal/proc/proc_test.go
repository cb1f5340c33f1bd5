package proc

import (
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func sleeper(t *testing.T) (*exec.Cmd, Identity) {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting a process to look at: %v", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	id, err := Of(cmd.Process.Pid)
	if err != nil {
		t.Fatalf("identity of a process just started: %v", err)
	}
	return cmd, id
}

func TestAliveUntilEnded(t *testing.T) {
	cmd, id := sleeper(t)
	if !id.Alive() {
		t.Fatal("a process just started is said to be gone")
	}
	if err := id.Signal(syscall.SIGKILL); err != nil {
		t.Fatalf("Signal: %v", err)
	}
	// Not collected yet: it is a zombie, and must count as gone all the same.
	if !id.WaitGone(5 * time.Second) {
		t.Error("a killed process is said to be alive")
	}
	_ = cmd.Wait()
	if err := id.Signal(syscall.SIGKILL); !errors.Is(err, ErrGone) {
		t.Errorf("Signal after the end = %v, want %v", err, ErrGone)
	}
}

// TestReusedID is what a lab finds whose process id went to somebody else: it must leave that process alone.
func TestReusedID(t *testing.T) {
	_, id := sleeper(t)
	old := Identity{PID: id.PID, Start: "another boot/1"}
	if old.Alive() {
		t.Error("an older process of the same id is said to be alive")
	}
	if err := old.Signal(syscall.SIGKILL); !errors.Is(err, ErrGone) {
		t.Errorf("Signal = %v, want %v", err, ErrGone)
	}
	if !id.Alive() {
		t.Error("the process that has the id now was ended")
	}
}

func TestOfNothing(t *testing.T) {
	for _, pid := range []int{-1, 0, 1 << 30} {
		if _, err := Of(pid); !errors.Is(err, ErrGone) {
			t.Errorf("Of(%d) = %v, want %v", pid, err, ErrGone)
		}
	}
}

func TestMemoryOfSelf(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	if bytes, err := Memory(self.PID); err != nil || bytes < 1<<16 {
		t.Errorf("Memory = %d, %v, want more than 64 KiB", bytes, err)
	}
}
