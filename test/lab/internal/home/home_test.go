package home

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

func open(t *testing.T) Dir {
	t.Helper()
	dir, err := Open(filepath.Join(t.TempDir(), "deep", "lab"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func claim(t *testing.T, dir Dir) *Claim {
	t.Helper()
	c, err := dir.Claim()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantTaken(t *testing.T, dir Dir, want bool) {
	t.Helper()
	if taken, err := dir.Taken(); err != nil || taken != want {
		t.Errorf("Taken = %v, %v; want %v", taken, err, want)
	}
}

func TestClaim(t *testing.T) {
	dir := open(t)
	wantTaken(t, dir, false)
	first := claim(t, dir)
	wantTaken(t, dir, true)
	if _, err := dir.Claim(); !errors.Is(err, ErrTaken) {
		t.Errorf("a second claim = %v, want %v", err, ErrTaken)
	}
	first.Release()
	wantTaken(t, dir, false)
	claim(t, dir).Release()
}

func TestClaimOfForeignFolder(t *testing.T) {
	dir := Dir(t.TempDir())
	path := dir.join("thesis.txt")
	if err := os.WriteFile(path, []byte("all my work"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := dir.Claim()
	if err == nil || !strings.Contains(err.Error(), "thesis.txt") || !strings.Contains(err.Error(), string(dir)) {
		t.Errorf("Claim = %v, want an error that names the folder and the file", err)
	}
	dir.LeaveWord("refused")
	if entries, _ := os.ReadDir(string(dir)); len(entries) != 1 {
		t.Errorf("the folder holds %v, want the one file", entries)
	}
}

// TestClearKeeps wants what is not the lab's to survive, and the logs.
func TestClearKeeps(t *testing.T) {
	dir := open(t)
	defer claim(t, dir).Release()
	if err := dir.Prepare(); err != nil {
		t.Fatal(err)
	}
	kept := []string{dir.join("notes.txt"), dir.Log("etcd")}
	lost := []string{dir.Kubeconfig(), dir.PKI("ca.key"), filepath.Join(dir.Etcd(), "wal"), filepath.Join(dir.Bin(), "kubectl"), dir.Kwok("lab.yaml")}
	for _, path := range append(kept, lost...) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.Clear(); err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s is gone", path)
		}
	}
	for _, path := range lost {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	if err := dir.Prepare(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.Log("etcd")); err == nil {
		t.Error("the next lab's logs begin with the last one's")
	}
}

func TestState(t *testing.T) {
	dir := open(t)
	defer claim(t, dir).Release()
	if _, err := dir.ReadState(); !errors.Is(err, ErrNoState) {
		t.Errorf("ReadState before any = %v, want %v", err, ErrNoState)
	}
	want := State{
		Phase:      Ready,
		Supervisor: proc.Identity{PID: 42, Start: "boot/1"},
		Started:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Kubernetes: "v1.2.3",
		APIServer:  "https://127.0.0.1:1",
		Nodes:      3,
		Components: []Component{{
			Status: supervise.Status{Name: "etcd", Process: proc.Identity{PID: 43, Start: "boot/2"}, Restarts: 1, LastExit: "signal: killed"},
			Port:   2379, Health: "https://127.0.0.1:2379/readyz",
		}},
	}
	for range 2 { // the second time, there is one to replace
		if err := dir.WriteState(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := dir.ReadState()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	if err := os.WriteFile(dir.join(stateName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.ReadState(); err == nil || !strings.Contains(err.Error(), stateName) {
		t.Errorf("ReadState of half a file = %v, want an error that names it", err)
	}
}

func TestOpenNothing(t *testing.T) {
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("Open of no path = %v, want an error that says how to name one", err)
	}
}

func TestDefault(t *testing.T) {
	t.Setenv("HOME", "/home/anna")
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("LAB_DIR", "")
	if got, want := Default(), "/home/anna/.local/state/plimsoll-lab"; got != want {
		t.Errorf("Default = %s, want %s", got, want)
	}
	t.Setenv("XDG_STATE_HOME", "/state")
	if got, want := Default(), "/state/plimsoll-lab"; got != want {
		t.Errorf("Default = %s, want %s", got, want)
	}
	t.Setenv("LAB_DIR", "here")
	if got, want := Default(), "here"; got != want {
		t.Errorf("Default = %s, want %s", got, want)
	}
}
