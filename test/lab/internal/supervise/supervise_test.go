package supervise

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test's program play the children: a group starts its own program, by another name.
func TestMain(m *testing.M) {
	switch os.Args[0] {
	case "sleeper":
		EndWithParent()
		time.Sleep(time.Hour)
	case "failure":
		_, _ = os.Stderr.WriteString("no luck\n")
		os.Exit(7)
	}
	os.Exit(m.Run())
}

// deaf is an observer that wants to hear nothing.
type deaf struct{}

func (deaf) Changed()                  {}
func (deaf) Restarting(string, string) {}

func group(t *testing.T) *Group {
	t.Helper()
	g, err := NewGroup(deaf{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Kill)
	return g
}

func spec(t *testing.T, name string) Spec {
	return Spec{Name: name, Log: filepath.Join(t.TempDir(), name+".log")}
}

func start(t *testing.T, g *Group, s Spec) {
	t.Helper()
	if err := g.Start(s); err != nil {
		t.Fatal(err)
	}
}

func wantFailure(t *testing.T, g *Group, words ...string) {
	t.Helper()
	select {
	case err := <-g.Failed():
		if _, ok := errors.AsType[*ExitError](err); !ok {
			t.Errorf("it failed with %v, want an ExitError", err)
		}
		for _, word := range words {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not say %q", err, word)
			}
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no failure")
	}
}

func TestExitDuringStart(t *testing.T) {
	g := group(t)
	s := spec(t, "failure")
	start(t, g, s)
	wantFailure(t, g, "failure", "exit status 7", "before the lab was ready", s.Log)
	tail, err := Tail(s.Log, 5)
	if err != nil || string(tail) != "no luck\n" {
		t.Errorf("Tail = %q, %v; want what it said", tail, err)
	}
}

func TestRestart(t *testing.T) {
	g := group(t)
	start(t, g, spec(t, "sleeper"))
	g.Keep()
	first := g.Statuses()[0].Process
	if err := first.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		s := g.Statuses()[0]
		if s.Restarts == 1 && s.Process != first && s.Process.Alive() && strings.Contains(s.LastExit, "killed") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("its status is %+v, want it restarted", s)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestRestartInVain wants a process that cannot run to be given up, not to be tried for ever.
func TestRestartInVain(t *testing.T) {
	g := group(t)
	g.budget.first = time.Millisecond
	g.Keep()
	start(t, g, spec(t, "failure"))
	wantFailure(t, g, "failure", "more than 5 times")
	if s := g.Statuses()[0]; s.Restarts != 5 {
		t.Errorf("%d restarts, want 5", s.Restarts)
	}
}

func TestKill(t *testing.T) {
	g := group(t)
	start(t, g, spec(t, "sleeper"))
	start(t, g, spec(t, "sleeper"))
	g.Keep()
	statuses := g.Statuses()
	g.Kill()
	for _, s := range statuses {
		if s.Process.Alive() {
			t.Errorf("process %d still runs", s.Process.PID)
		}
	}
	g.Kill() // once more is no harm
	if err := g.Start(spec(t, "sleeper")); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Kill = %v, want %v", err, ErrClosed)
	}
}

func TestBudget(t *testing.T) {
	b := budget{most: 2, window: time.Minute, first: time.Second}
	now := time.Unix(0, 0)
	for _, step := range []struct {
		after time.Duration
		pause time.Duration
		ok    bool
	}{
		{after: 0, pause: time.Second, ok: true},
		{after: 10 * time.Second, pause: 2 * time.Second, ok: true},
		{after: 10 * time.Second, ok: false},
		{after: 39 * time.Second, ok: false},                   // 59 s after the first
		{after: time.Second, pause: 2 * time.Second, ok: true}, // the first has left the window
		{after: 2 * time.Minute, pause: time.Second, ok: true}, // all have
	} {
		now = now.Add(step.after)
		if pause, ok := b.take(now); pause != step.pause || ok != step.ok {
			t.Errorf("at %v: %v, %v; want %v, %v", now.Sub(time.Unix(0, 0)), pause, ok, step.pause, step.ok)
		}
	}
}

func TestLastLines(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing":         {"", ""},
		"fewer":           {"a\n", "a\n"},
		"as many":         {"a\nb\n", "a\nb\n"},
		"more":            {"a\nb\nc\n", "b\nc\n"},
		"an unended line": {"a\nb\nc", "b\nc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(lastLines([]byte(c.text), 2)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
