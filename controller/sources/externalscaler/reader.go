package externalscaler

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
)

// atOnce is how many triggers of one server are asked about at the same time.
const atOnce = 32

type reader struct {
	access access

	mu     sync.Mutex
	line   *line // nil before the first call
	closed bool
}

func newReader(a access) *reader { return &reader{access: a} }

// connect gives the connection, which is made once: gRPC mends it by itself.
func (r *reader) connect() (*line, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errors.New("reading has ended")
	}
	if r.line == nil {
		l, err := dial(&r.access)
		if err != nil {
			return nil, err
		}
		r.line = l
	}
	return r.line, nil
}

// Close closes the connection, for good.
func (r *reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.line == nil {
		return nil
	}
	return r.line.conn.Close()
}

// Read asks about all triggers at once, over one connection. Where not one has an answer because the server has none, that is
// an outage.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	l, err := r.connect()
	if err != nil {
		return nil, err
	}
	l.conn.ResetConnectBackoff() // how long to leave a server alone is the caller's business
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	readings := make([]sources.Reading, len(queries))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, q := range queries {
		group.Go(func() error {
			readings[i] = l.ask(ctx, asked(q))
			return nil
		})
	}
	_ = group.Wait() // nothing in it fails as a whole
	return readings, l.outage(readings)
}

// outage gives the error of the server as a whole: where all that was asked failed for its sake.
func (l *line) outage(readings []sources.Reading) error {
	var first error
	for i := range readings {
		err := readings[i].Err
		if !ofServer(err) {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// ask asks about one trigger: what its metrics are, what they are at, and whether it is active.
func (l *line) ask(ctx context.Context, ref *protocol.ScaledObjectRef) sources.Reading {
	if ref == nil {
		return sources.Reading{Err: errors.New("not a query for an external scaler")}
	}
	specs, err := l.client.GetMetricSpec(ctx, ref)
	if err != nil {
		return sources.Reading{Err: l.failed("GetMetricSpec", err)}
	}
	reading, err := l.loudest(ctx, ref, specs.GetMetricSpecs())
	if err != nil {
		return sources.Reading{Err: err}
	}
	active, err := l.client.IsActive(ctx, ref)
	if err != nil {
		return sources.Reading{Err: l.failed("IsActive", err)}
	}
	reading.Active = tristate(active.GetResult())
	return reading
}

// failed says why a call has no answer.
func (l *line) failed(call string, err error) error {
	switch s := status.Convert(err); s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return down{l.unreachable(s)}
	case codes.Unauthenticated, codes.PermissionDenied:
		return sources.Unauthorized(errors.New(l.access.name + " refuses the credentials: " + s.Message()))
	case codes.Unimplemented:
		return errors.New(l.access.name + " does not know " + call)
	default:
		return errors.New(l.access.name + ": " + s.Message())
	}
}

// down is an error about the server as a whole.
type down struct{ error }

func (d down) Unwrap() error { return d.error }

func ofServer(err error) bool {
	var d down
	return errors.As(err, &d) || sources.IsUnauthorized(err)
}
