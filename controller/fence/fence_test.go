package fence

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const limit = 10 * time.Second

// rig is a fence whose clocks the test moves, before a lease that is somebody's.
type rig struct {
	*Fence
	clock moment
	lease memory
}

func newRig() *rig {
	r := &rig{clock: moment{wall: time.Unix(1e9, 0)}}
	r.Fence = New(limit)
	r.now = func() moment { return r.clock }
	return r
}

// pass has time pass, as both clocks show it.
func (r *rig) pass(d time.Duration) {
	r.clock.running, r.clock.wall = r.clock.running+d, r.clock.wall.Add(d)
}

// jump sets the clock that can be set.
func (r *rig) jump(d time.Duration) { r.clock.wall = r.clock.wall.Add(d) }

// sleep has the machine sleep.
func (r *rig) sleep(d time.Duration) { r.jump(d) }

// memory is a lease.
type memory struct {
	holder string
	err    error
	// during is called while it is written.
	during func()
}

func (m *memory) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	return &resourcelock.LeaderElectionRecord{HolderIdentity: m.holder}, nil, m.err
}

func (m *memory) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return m.Update(ctx, record)
}

func (m *memory) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	if m.during != nil {
		m.during()
	}
	if m.err == nil {
		m.holder = record.HolderIdentity
	}
	return m.err
}

func (*memory) RecordEvent(string) {}
func (*memory) Identity() string   { return "us" }
func (*memory) Describe() string   { return "lease" }

// write writes the lease for somebody; nobody is "".
func (r *rig) write(holder string) {
	_ = r.Lock(&r.lease).Update(context.Background(), resourcelock.LeaderElectionRecord{HolderIdentity: holder})
}

func (r *rig) read() { _, _, _ = r.Lock(&r.lease).Get(context.Background()) }

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		story func(*rig)
		want  time.Duration
	}{
		"at first": {story: func(*rig) {}},
		"the lease was made": {story: func(r *rig) {
			_ = r.Lock(&r.lease).Create(context.Background(), resourcelock.LeaderElectionRecord{HolderIdentity: "us"})
		}, want: limit},
		"the lease was taken":            {story: func(r *rig) { r.write("us") }, want: limit},
		"some time ago":                  {story: func(r *rig) { r.write("us"); r.pass(4 * time.Second) }, want: 6 * time.Second},
		"too long ago":                   {story: func(r *rig) { r.write("us"); r.pass(limit) }},
		"frozen, the clock set back":     {story: func(r *rig) { r.write("us"); r.pass(time.Minute); r.jump(-time.Hour) }},
		"the machine slept":              {story: func(r *rig) { r.write("us"); r.sleep(time.Minute) }},
		"clock set forward, and renewed": {story: func(r *rig) { r.write("us"); r.jump(time.Hour); r.write("us") }, want: limit},
		"clock set back":                 {story: func(r *rig) { r.write("us"); r.jump(-time.Hour); r.pass(time.Second) }, want: limit - time.Second},
		"renewed again": {story: func(r *rig) {
			r.write("us")
			r.pass(9 * time.Second)
			r.write("us")
			r.pass(9 * time.Second)
		}, want: time.Second},
		"renewal failed": {story: func(r *rig) {
			r.write("us")
			r.pass(9 * time.Second)
			r.lease.err = errors.New("conflict")
			r.write("us")
		}, want: time.Second},
		"a renewal counts from its beginning": {story: func(r *rig) {
			r.lease.during = func() { r.pass(3 * time.Second) }
			r.write("us")
		}, want: limit - 3*time.Second},
		"frozen in a renewal": {story: func(r *rig) {
			r.lease.during = func() { r.pass(time.Minute) }
			r.write("us")
		}},
		"given up": {story: func(r *rig) { r.write("us"); r.write("") }},
		"given up, without an answer": {story: func(r *rig) {
			r.write("us")
			r.lease.err = errors.New("timeout")
			r.write("")
		}},
		"read":                      {story: func(r *rig) { r.write("us"); r.read() }, want: limit},
		"somebody else has it":      {story: func(r *rig) { r.write("us"); r.lease.holder = "them"; r.read() }},
		"nobody can be asked":       {story: func(r *rig) { r.write("us"); r.lease.err = errors.New("gone"); r.read() }, want: limit},
		"it was ours, and is again": {story: func(r *rig) { r.write("us"); r.write(""); r.write("us") }, want: limit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			tc.story(r)
			if got := r.left(); got != tc.want {
				t.Errorf("open for %s, want %s", got, tc.want)
			}
		})
	}
}

// TestRealClocks: both clocks of a fence that was made for use go on.
func TestRealClocks(t *testing.T) {
	t.Parallel()
	f := New(limit)
	before := f.now()
	time.Sleep(time.Millisecond)
	after := f.now()
	if after.running <= before.running || !after.wall.After(before.wall) {
		t.Errorf("%+v, then %+v", before, after)
	}
}

// TestRequests: which ones go through.
func TestRequests(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method string
		leads  bool
		want   bool
	}{
		"read, leading":       {method: http.MethodGet, leads: true, want: true},
		"read, not leading":   {method: http.MethodGet, want: true},
		"head, not leading":   {method: http.MethodHead, want: true},
		"patch, leading":      {method: http.MethodPatch, leads: true, want: true},
		"patch, not leading":  {method: http.MethodPatch},
		"create, not leading": {method: http.MethodPost},
		"update, not leading": {method: http.MethodPut},
		"delete, not leading": {method: http.MethodDelete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			if tc.leads {
				r.write("us")
			}
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1); _, _ = io.WriteString(w, "yes") }))
			t.Cleanup(server.Close)
			err := r.send(t, tc.method, server.URL, http.DefaultTransport)
			if (err == nil) != tc.want || (asked.Load() == 1) != tc.want {
				t.Errorf("asked %d times, error %v, want it through: %t", asked.Load(), err, tc.want)
			}
			if !tc.want && !errors.Is(err, errClosed) {
				t.Errorf("error %v, want %v", err, errClosed)
			}
		})
	}
}

// send sends a request and reads all of the answer.
func (r *rig) send(t *testing.T, method, url string, next http.RoundTripper) error {
	t.Helper()
	sent := &watched{Reader: strings.NewReader("{}")}
	request, err := http.NewRequestWithContext(t.Context(), method, url, sent)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: r.Wrap(next)}).Do(request)
	if !sent.closed {
		t.Error("the request's body was left open")
	}
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.ReadAll(response.Body)
	return err
}

type watched struct {
	io.Reader
	closed bool
}

func (w *watched) Close() error { w.closed = true; return nil }

// TestGivenUp: a write that waits while the lease runs out does not wait longer.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.write("us")
	r.pass(limit - 20*time.Millisecond)
	slow := transport(func(q *http.Request) (*http.Response, error) {
		<-q.Context().Done()
		return nil, q.Context().Err()
	})
	if err := r.send(t, http.MethodPatch, "http://localhost", slow); !errors.Is(err, errClosed) {
		t.Errorf("error %v, want %v", err, errClosed)
	}
}

// TestOtherErrors: what is not the fence's doing is not said to be.
func TestOtherErrors(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.write("us")
	broken := errors.New("connection refused")
	refusing := transport(func(*http.Request) (*http.Response, error) { return nil, broken })
	if err := r.send(t, http.MethodPatch, "http://localhost", refusing); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	defer func() { _ = r.Body.Close() }()
	return t(r)
}
