package externalscaler

import (
	"context"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

type nobody struct{}

func (nobody) Read(string, time.Duration, int, error) {}
func (nobody) Failed(string)                          {}

func await(t *testing.T, answers <-chan sources.Reading, want int64) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case r := <-answers:
			if r.Err == nil && r.Value == want {
				return
			}
		case <-limit:
			t.Fatalf("no answer of %d", want)
		}
	}
}

// What the scaler tells is read at once, without anybody asking.
func TestPush(t *testing.T) {
	s := startScaler(t, nil)
	s.put("w", 7)
	servers := polling.New(clock.RealClock{}, polling.DefaultLimits(), nobody{})
	t.Cleanup(servers.Stop)
	q, err := Source{Push: true}.Query(request(work(s.address, "w"), nil))
	if err != nil {
		t.Fatal(err)
	}
	answers := make(chan sources.Reading, 100)
	subscription := servers.Subscribe(polling.Topic{Query: q, Answer: func(r sources.Reading) { answers <- r }})
	s.news <- true
	await(t, answers, 7_000)
	s.put("w", 9)
	s.news <- true
	await(t, answers, 9_000)

	subscription.Close() // ends the stream
	if servers.Len() != 0 {
		t.Fatalf("%d servers after the last subscription", servers.Len())
	}
}

// A stream that breaks is taken up again, and one that never says anything is left alone longer and longer.
func TestStreamReconnects(t *testing.T) {
	s := startScaler(t, nil)
	q, err := Source{Push: true}.Query(request(work(s.address, "w"), nil))
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(q.(pushed).access)
	t.Cleanup(func() { _ = r.Close() })
	news := make(chan struct{}, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		watcher{reader: r, ref: asked(q), notify: func() { news <- struct{}{} }, first: 10 * time.Millisecond, most: 50 * time.Millisecond}.run(ctx)
	}()
	s.news <- true
	<-news
	s.mu.Lock()
	address, server := s.address, s.server
	s.mu.Unlock()
	server.Stop()
	s.serve(t, address, nil)
	select {
	case s.news <- true:
		<-news
	case <-time.After(10 * time.Second):
		t.Fatal("the stream was not taken up again")
	}
	cancel()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("watching did not end with its context")
	}
}

// A plain external trigger has no stream, whatever the scaler offers.
func TestExternalDoesNotWatch(t *testing.T) {
	q, err := Source{}.Query(request(work("a:1", "w"), nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := q.(polling.Watched); ok {
		t.Fatal("it watches")
	}
}
