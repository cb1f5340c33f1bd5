// Package served tests plimsoll-scalers as the manager uses it: the built program, asked by the manager's own source. It does
// not link KEDA, whose generated protocol cannot share a process with the manager's.
package served

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if program = os.Getenv("SCALERS_BIN"); program == "" {
			dir, err := os.MkdirTemp("", "scalers")
			if err != nil {
				panic(err)
			}
			defer func() { _ = os.RemoveAll(dir) }()
			program = filepath.Join(dir, "plimsoll-scalers")
			if out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", program, "..").CombinedOutput(); err != nil {
				panic(string(out))
			}
		}
		return m.Run()
	}())
}

// scalers is a running program.
type scalers struct {
	socket string
	cmd    *exec.Cmd
}

func (s *scalers) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(program, "--socket", s.socket)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// kill ends it as a crash would.
func (s *scalers) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func start(t *testing.T) *scalers {
	s := &scalers{socket: filepath.Join(t.TempDir(), "s.sock")}
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func (s *scalers) query(t *testing.T, trigger v1alpha1.Trigger, auth map[string]string) sources.Query {
	t.Helper()
	return s.queryWith(t, trigger, auth, nil)
}

func (s *scalers) queryWith(t *testing.T, trigger v1alpha1.Trigger, auth, env map[string]string) sources.Query {
	t.Helper()
	q, err := externalscaler.Scalers{Address: "unix://" + s.socket}.Query(sources.Request{
		Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: &trigger}, Target: v1alpha1.TargetRef{Name: "web"}, Auth: auth, Env: env,
	})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func open(t *testing.T, q sources.Query) sources.Reader {
	r := q.Open()
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// read reads until it is as wanted; starting takes a moment.
func read(t *testing.T, r sources.Reader, queries []sources.Query, wanted func([]sources.Reading, error) bool) ([]sources.Reading, error) {
	t.Helper()
	var readings []sources.Reading
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		readings, err = r.Read(ctx, queries)
		cancel()
		if wanted(readings, err) {
			return readings, err
		}
	}
	t.Fatalf("within 30 s: %+v, %v", readings, err)
	return nil, nil
}

func up(_ []sources.Reading, err error) bool { return err == nil }

// metricsAPI is a web server that answers with JSON.
func metricsAPI(t *testing.T, text string) v1alpha1.Trigger {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) }))
	t.Cleanup(server.Close)
	return v1alpha1.Trigger{Type: "metrics-api", Metadata: map[string]string{
		"url": server.URL, "valueLocation": "queue.length", "targetValue": "3",
	}}
}

// graphite is a web server that answers as Graphite does.
func graphite(t *testing.T, value *atomic.Value) v1alpha1.Trigger {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		text := value.Load().(string)
		if text == "" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	return v1alpha1.Trigger{Type: "graphite", Metadata: map[string]string{
		"serverAddress": server.URL, "query": "jobs", "queryTime": "-1Minutes", "threshold": "20", "activationThreshold": "150",
	}}
}

func TestServesKEDAsScalers(t *testing.T) {
	value := &atomic.Value{}
	value.Store(`[{"target":"jobs","datapoints":[[140,1700000000]]}]`)
	redis := startRedis(t, "hunter22")
	if answer := command(redis, "AUTH hunter22", "RPUSH work 1 2 3 4 5 6 7 8 9"); answer != ":9" {
		t.Fatal(answer)
	}
	s := start(t)
	list := v1alpha1.Trigger{Type: "redis", Metadata: map[string]string{"address": redis, "listName": "work", "listLength": "4"}}
	fromEnv := *list.DeepCopy()
	fromEnv.Metadata["passwordFromEnv"] = "REDIS_PASSWORD"
	queries := []sources.Query{
		s.query(t, graphite(t, value), nil),
		s.query(t, list, map[string]string{"password": "hunter22"}),
		s.query(t, list, map[string]string{"password": "not-that-one"}),
		s.query(t, metricsAPI(t, `{"queue": {"length": 9}}`), nil),
		s.queryWith(t, fromEnv, nil, map[string]string{"REDIS_PASSWORD": "hunter22"}),
	}
	r := open(t, queries[0])
	readings, _ := read(t, r, queries, up)
	for i, want := range []sources.Reading{
		{Value: 140_000, Target: 20_000, Active: scaling.False}, {Value: 9_000, Target: 4_000, Active: scaling.True},
	} {
		if got := readings[i]; got.Err != nil || got.Value != want.Value || got.Target != want.Target || got.Active != want.Active {
			t.Errorf("reading %d is %+v, want %+v", i, got, want)
		}
	}
	if got := readings[4]; got.Err != nil || got.Value != 9_000 {
		t.Errorf("with a password from the environment: %+v", got)
	}
	if err := readings[2].Err; err == nil || !strings.Contains(err.Error(), "WRONGPASS") || strings.Contains(err.Error(), "not-that-one") {
		t.Errorf("with a wrong password: %v", err)
	}
	if got := readings[3]; got.Err != nil || got.Value != 9_000 || got.Target != 3_000 {
		t.Errorf("of metrics-api: %+v", got)
	}
	value.Store("") // it fails
	readings, _ = read(t, r, queries, up)
	if readings[0].Err == nil || readings[1].Err != nil {
		t.Errorf("of a server that fails: %+v", readings[:2])
	}
	value.Store(`[{"target":"jobs","datapoints":[[160,1700000000]]}]`)
	if readings, _ = read(t, r, queries, up); readings[0].Value != 160_000 || readings[0].Active != scaling.True {
		t.Errorf("after recovery: %+v", readings[0])
	}
}

// No data is no answer, except where the trigger says that it is.
func TestNoData(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"vector","result":[]}}`))
	}))
	t.Cleanup(server.Close)
	s := start(t)
	metadata := map[string]string{"serverAddress": server.URL, "query": "up", "threshold": "1"}
	lenient := maps.Clone(metadata)
	lenient["ignoreNullValues"] = "true"
	queries := []sources.Query{
		s.query(t, v1alpha1.Trigger{Type: "loki", Metadata: metadata}, nil), s.query(t, v1alpha1.Trigger{Type: "loki", Metadata: lenient}, nil),
	}
	readings, _ := read(t, open(t, queries[0]), queries, up)
	if readings[0].Err == nil {
		t.Errorf("no data is %+v", readings[0])
	}
	if readings[1].Err != nil || readings[1].Value != 0 {
		t.Errorf("no data that counts as zero is %+v", readings[1])
	}
}

// A crash is an outage of what it serves, told in words that stay the same, and over when it is back.
func TestCrash(t *testing.T) {
	value := &atomic.Value{}
	value.Store(`[{"target":"jobs","datapoints":[[140,1700000000]]}]`)
	s := start(t)
	queries := []sources.Query{s.query(t, graphite(t, value), nil)}
	r := open(t, queries[0])
	read(t, r, queries, up)
	s.kill()
	down := func(_ []sources.Reading, err error) bool {
		return err != nil && strings.Contains(err.Error(), "connection refused")
	}
	_, first := read(t, r, queries, down)
	if _, second := read(t, r, queries, down); first.Error() != second.Error() {
		t.Errorf("the error changes: %v, then %v", first, second)
	}
	s.start(t)
	if readings, _ := read(t, r, queries, up); readings[0].Value != 140_000 {
		t.Errorf("after its return: %+v", readings[0])
	}
}

// Nobody else on the machine may talk to it.
func TestTheSocketIsPrivate(t *testing.T) {
	s := start(t)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(s.socket); err == nil && info.Mode().Perm() == 0o600 {
			return
		} else if time.Now().After(end) {
			t.Fatalf("the socket is %v, %v", info, err)
		}
	}
}
