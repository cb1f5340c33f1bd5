package externalscaler

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
)

// How long a broken stream is left alone, at first and at most.
const (
	watchFirst = time.Second
	watchMost  = 30 * time.Second
)

// watcher follows one trigger's stream.
type watcher struct {
	reader      *reader
	ref         *protocol.ScaledObjectRef
	notify      func()
	first, most time.Duration
}

// run follows stream after stream until the context ends. A stream that told something is followed again soon; one that
// breaks before that is left alone longer and longer.
func (w watcher) run(ctx context.Context) {
	for wait := w.first; ; wait = min(2*wait, w.most) {
		if w.follow(ctx) {
			wait = w.first
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// follow follows one stream to its end, and says whether it told anything. Why it ended is of no account: the next reading
// says what is wrong with the server.
func (w watcher) follow(ctx context.Context) bool {
	l, err := w.reader.connect()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := l.client.StreamIsActive(ctx, w.ref)
	if err != nil {
		return false
	}
	for told := false; ; told = true {
		if _, err := stream.Recv(); err != nil {
			return told
		}
		w.notify()
	}
}
