package externalscaler

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
)

// Limits of one attempt.
const (
	dialTimeout = 2 * time.Second
	callTimeout = 4 * time.Second
	// mostBytes of one answer.
	mostBytes = 1 << 20
)

// line is a connection.
type line struct {
	access *access
	conn   *grpc.ClientConn
	client protocol.ExternalScalerClient

	mu sync.Mutex
	// broken is why the last attempt to connect failed; nil where it did not. gRPC itself tells of it in words only.
	broken error
}

// dial makes a connection, which connects when it is first used.
func dial(a *access) (*line, error) {
	l := &line{access: a}
	secured := insecure.NewCredentials()
	if a.tls.Config != nil {
		secured = credentials.NewTLS(a.tls.Config)
	}
	conn, err := grpc.NewClient(a.address,
		grpc.WithTransportCredentials(secured),
		grpc.WithContextDialer(l.reach),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostBytes)),
		grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: dialTimeout,
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
		}))
	if err != nil {
		return nil, errors.New(a.name + ": the address is none that gRPC knows")
	}
	l.conn, l.client = conn, protocol.NewExternalScalerClient(conn)
	return l, nil
}

// reach opens a connection, and remembers why it could not.
func (l *line) reach(ctx context.Context, address string) (net.Conn, error) {
	network := "tcp"
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, address = "unix", "/"+strings.TrimLeft(path, "/")
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = err
	return conn, err
}

// unreachable says why the server has no answer, in words that stay the same.
func (l *line) unreachable(s *status.Status) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := s.Message()
	switch _, handshake, failed := strings.Cut(text, "authentication handshake failed: "); {
	case l.broken != nil:
		return sources.Unreachable(l.access.name, l.broken)
	case failed:
		return sources.Unreachable(l.access.name, errors.New(strings.Trim(handshake, `"`)))
	case strings.Contains(text, "produced zero addresses"), strings.Contains(text, "name resolver error"):
		return sources.Unreachable(l.access.name, errors.New("no such host"))
	case strings.Contains(text, "exceeded"), strings.Contains(text, "timeout"), strings.Contains(text, "timed out"):
		return sources.Unreachable(l.access.name, context.DeadlineExceeded)
	}
	return sources.Unreachable(l.access.name, errors.New("the connection broke"))
}
