package objects

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/test/apifake"
)

func secret(password string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "auth"}, Data: map[string][]byte{"password": []byte(password)},
	}
}

func ref() Ref {
	return Ref{Kind: corev1.SchemeGroupVersion.WithKind("Secret"), Namespace: "ns", Name: "auth"}
}

// world is an API server, and somebody who follows an object of it.
type world struct {
	t      *testing.T
	server *apifake.Server
	all    *Objects
	by     *Follower
	told   atomic.Int64
	logged atomic.Int64
}

func newWorld(t *testing.T, c clock.Clock) *world {
	w := &world{t: t, server: apifake.New(scheme.Scheme)}
	log := funcr.New(func(_, args string) {
		if strings.Contains(args, "watching is not allowed") {
			w.logged.Add(1)
		}
	}, funcr.Options{})
	w.all = New(Options{Client: w.server, Clock: c, Log: log})
	w.by = &Follower{Changed: func() { w.told.Add(1) }}
	t.Cleanup(w.all.Stop)
	return w
}

// password gives what is known now: the password, or the error's text.
func (w *world) password() string {
	w.t.Helper()
	o, err := w.all.Get(context.Background(), ref(), w.by)
	if err != nil {
		return err.Error()
	}
	return string(o.(*corev1.Secret).Data["password"])
}

func (w *world) want(password string) {
	w.t.Helper()
	if got := w.password(); got != password {
		w.t.Fatalf("got %q, want %q", got, password)
	}
}

// await polls for a condition.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if ok() {
			return
		}
	}
	w.t.Fatalf("did not come: %s; password is %q", what, w.password())
}

func (w *world) becomes(password string) {
	w.t.Helper()
	w.await("password "+password, func() bool { return w.password() == password })
}

const absent = `secret "auth" does not exist`

func TestAChangeIsKnownAtOnceAndSteadyStateAsksNothing(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.server.Put(secret("one"))
	w.want("one")
	for range 100 {
		w.want("one")
	}
	if asked := w.server.Asked(); asked["get"] != 1 || asked["watch"] != 1 {
		t.Fatalf("requests: %v", asked)
	}
	told := w.told.Load()
	w.server.Put(secret("two"))
	w.await("news", func() bool { return w.told.Load() == told+1 })
	w.want("two")
	w.server.Remove(secret("two"))
	w.becomes(absent)
	w.server.Put(secret("three"))
	w.becomes("three")
	if asked := w.server.Asked(); asked["get"] != 1 || asked["watch"] != 1 {
		t.Fatalf("requests: %v", asked)
	}
}

func TestAMissingObjectIsFollowed(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	if _, err := w.all.Get(context.Background(), ref(), w.by); !failure.IsMistake(err) || err.Error() != absent {
		t.Fatal(err)
	}
	w.server.Put(secret("one"))
	w.becomes("one")
}

// TestBrokenWatches: a watch that ends is taken up again, with nothing lost of what happened meanwhile.
func TestBrokenWatches(t *testing.T) {
	expired := apierrors.NewResourceExpired("too old")
	tests := map[string]struct {
		end       error
		meanwhile func(*apifake.Server)
		want      string
	}{
		"changed":                {nil, func(s *apifake.Server) { s.Put(secret("two")) }, "two"},
		"changed and forgotten":  {expired, func(s *apifake.Server) { s.Put(secret("two")) }, "two"},
		"deleted and forgotten":  {expired, func(s *apifake.Server) { s.Remove(secret("one")) }, absent},
		"nothing, and forgotten": {expired, func(*apifake.Server) {}, "one"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, clock.RealClock{})
			w.server.Put(secret("one"))
			w.want("one")
			w.server.Deny("watch", errors.New("the network is down"))
			w.server.Break(test.end)
			w.await("an attempt to watch again", func() bool { return w.server.Asked()["watch"] > 1 })
			test.meanwhile(w.server)
			w.want("one") // what was known is believed
			w.server.Deny("watch", nil)
			w.becomes(test.want)
			w.await("one watch", func() bool { return w.server.Watches() == 1 })
		})
	}
}

func TestWhereWatchingIsForbidden(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	w := newWorld(t, c)
	w.server.Put(secret("one"))
	w.server.Deny("watch", apifake.Forbidden())
	read := func(password string, gets int) {
		t.Helper()
		w.want(password)
		if got := w.server.Asked()["get"]; got != gets {
			t.Fatalf("%d reads, want %d", got, gets)
		}
		w.await("rest", func() bool { return !w.all.feeds[ref()].isRunning() })
	}
	read("one", 1)
	c.Step(30 * time.Minute)
	w.server.Put(secret("two"))
	read("one", 1)
	w.all.Distrust(ref(), time.Hour)
	read("one", 1) // not old enough for that
	w.all.Distrust(ref(), minAge)
	read("two", 2)
	w.all.Distrust(ref(), 0)
	read("two", 2) // a moment ago it was read: a server that refuses all the time is no reason to ask all the time
	c.Step(minAge)
	read("two", 3)
	c.Step(maxAge)
	read("two", 4)
	if n := w.logged.Load(); n != 1 {
		t.Errorf("said %d times that watching is not allowed, want once", n)
	}
	w.server.Deny("watch", nil) // somebody has granted it
	c.Step(maxAge)
	w.want("two")
	w.server.Put(secret("three"))
	w.becomes("three")
}

func TestWhatMayNotBeReadSaysHowToGrantIt(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	w := newWorld(t, c)
	w.server.Put(secret("one"))
	w.server.Deny("watch", apifake.Forbidden())
	w.server.Deny("get", apifake.Forbidden())
	_, err := w.all.Get(context.Background(), ref(), w.by)
	if !failure.IsMistake(err) || !strings.Contains(err.Error(), `secret "auth" may not be read by Plimsoll: the ClusterRole plimsoll-credentials has to be bound`) {
		t.Fatal(err)
	}
	w.server.Deny("watch", nil)
	w.server.Deny("get", nil)
	c.Step(minAge)
	w.await("rest", func() bool { return !w.all.feeds[ref()].isRunning() })
	w.want("one")
}

func TestAKindThatIsNotServed(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	w := newWorld(t, c)
	r := ref()
	r.Kind.Group, r.Kind.Kind = "keda.sh", "TriggerAuthentication"
	w.server.Deny("watch", apifake.NoMatch(r.Kind))
	w.server.Deny("get", apifake.NoMatch(r.Kind))
	_, err := w.all.Get(context.Background(), r, w.by)
	if !failure.IsMistake(err) || !strings.Contains(err.Error(), "does not serve the kind TriggerAuthentication of keda.sh/v1: its definition is not installed") {
		t.Fatal(err)
	}
}

// TestAServerThatDoesNotAnswer is no answer, and not a absent Secret.
func TestAServerThatDoesNotAnswer(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.server.Put(secret("one"))
	w.server.Deny("watch", errors.New("connection refused"))
	if _, err := w.all.Get(context.Background(), ref(), w.by); err == nil || failure.IsMistake(err) {
		t.Fatal(err)
	}
	w.server.Deny("watch", nil)
	w.becomes("one")
}

func TestWhatNobodyFollowsIsForgotten(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.server.Put(secret("one"))
	other := &Follower{Changed: func() {}}
	before := runtime.NumGoroutine()
	w.want("one")
	_, _ = w.all.Get(context.Background(), ref(), other)
	w.all.Unfollow(ref(), other)
	if w.all.Len() != 1 || w.server.Watches() != 1 {
		t.Fatalf("%d objects, %d watches", w.all.Len(), w.server.Watches())
	}
	w.all.Unfollow(ref(), w.by)
	w.await("the end of the watch", func() bool {
		return w.all.Len() == 0 && w.server.Watches() == 0 && runtime.NumGoroutine() <= before
	})
}

func (f *feed) isRunning() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running
}
