package cli

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

func TestParseComponentArgs(t *testing.T) {
	got, err := parseComponentArgs([]string{"etcd=--log-level=debug", "kwok=-v=0", "etcd=--metrics"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{"etcd": {"--log-level=debug", "--metrics"}, "kwok": {"-v=0"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, arg := range []string{"", "etcd", "etcd=", "etcd=debug"} {
		if _, err := parseComponentArgs([]string{arg}); err == nil || !strings.Contains(err.Error(), "COMPONENT=ARGUMENT") {
			t.Errorf("%q: %v, want an error that says the form", arg, err)
		}
	}
}

func TestShellQuote(t *testing.T) {
	for text, want := range map[string]string{"": "''", "/a b": "'/a b'", "it's $HOME": `'it'\''s $HOME'`} {
		if got := shellQuote(text); got != want {
			t.Errorf("%q is quoted as %s, want %s", text, got, want)
		}
	}
}

// recorder is an observer that notes what it is told.
type recorder struct {
	steps []string
	ready bool
}

func (r *recorder) Stepped(s cluster.Step) { r.steps = append(r.steps, s.What) }
func (r *recorder) Ready(home.State)       { r.ready = true }
func (r *recorder) Restarting(_, _ string) {}

func TestFollow(t *testing.T) {
	for name, c := range map[string]struct {
		reports string
		steps   int
		ready   bool
		want    string // of the error
	}{
		"ready":       {reports: `{"step":{"what":"etcd","took":1}}` + "\n" + `{"ready":{}}` + "\n", steps: 1, ready: true},
		"an error":    {reports: `{"step":{"what":"etcd","took":1}}{"error":"no luck"}`, steps: 1, want: "no luck"},
		"taken":       {reports: `{"taken":true}`, want: home.ErrTaken.Error()},
		"no word":     {reports: ``, want: "ended before the lab was ready"},
		"half a word": {reports: `{"ready"`, want: "ended before the lab was ready"},
	} {
		t.Run(name, func(t *testing.T) {
			var r recorder
			err := follow(context.Background(), strings.NewReader(c.reports), &r)
			if len(r.steps) != c.steps || r.ready != c.ready {
				t.Errorf("it passed on %d steps, ready %v; want %d, %v", len(r.steps), r.ready, c.steps, c.ready)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	log := filepath.Join(t.TempDir(), "etcd.log")
	if err := os.WriteFile(log, []byte("first\nlast words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := explain(&supervise.ExitError{Name: "etcd", Exit: "exit status 1", When: "too soon", Log: log})
	if !strings.Contains(got, "etcd ended too soon (exit status 1)") || !strings.Contains(got, "last words") {
		t.Errorf("it says %q", got)
	}
	if got := explain(&supervise.ExitError{Name: "etcd", Log: log + ".not"}); !strings.Contains(got, "etcd") {
		t.Errorf("without a log it says %q", got)
	}
	if got := explain(errors.New("plain")); got != "plain" {
		t.Errorf("it says %q", got)
	}
}

func TestPrintStatus(t *testing.T) {
	r := &statusReport{APIServer: "https://127.0.0.1:1", Kubernetes: "v1.2.3", Nodes: 3, Phase: home.Ready, Started: time.Now(), Components: []componentReport{
		{Name: "etcd", PID: 7, Port: 9, Ready: true, MemoryBytes: 5 << 20},
		{Name: "kwok", PID: 8, Port: 10, Why: "connection refused", Restarts: 2, LastExit: "12:00:00 signal: killed"},
		{Name: "supervisor", PID: 6, Ready: true},
	}}
	var table bytes.Buffer
	if err := r.print(&table, "table"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"etcd         7     9      yes     5 MiB", "connection refused", "supervisor   6     -      yes"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table is\n%sand has no %q", table.String(), want)
		}
	}
}

// TestHelp wants every command to explain itself.
func TestHelp(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Short == "" || c.RunE == nil && c.Run == nil {
			t.Errorf("%s has no short text, or does nothing", c.Name())
		}
	}
}
