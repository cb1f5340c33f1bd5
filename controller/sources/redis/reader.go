package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Limits of one attempt. Retries are the caller's business: it knows the back-off of the server.
const (
	dialTimeout = 2 * time.Second
	readTimeout = time.Second
	// bufferBytes holds a few hundred lengths; larger batches fill it more than once.
	bufferBytes = 8 << 10
)

type reader struct {
	access access

	mu sync.Mutex
	// client is nil before the first read and after an outage. go-redis probes a server that is down once a second, whatever
	// its caller's back-off, and answers with old errors meanwhile; a new client has no such memory.
	client *goredis.Client
	closed bool
}

func newReader(a access) *reader { return &reader{access: a} }

// connect gives the client; nil once the reader is closed.
func (r *reader) connect() *goredis.Client {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil && !r.closed {
		r.client = goredis.NewClient(options(r.access))
	}
	return r.client
}

// hangUp drops the client.
func (r *reader) hangUp() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		return nil
	}
	err := r.client.Close()
	r.client = nil
	return err
}

func options(a access) *goredis.Options {
	return &goredis.Options{
		Addr:     a.address,
		Username: a.username,
		Password: a.password,
		DB:       a.database,
		// Protocol 2 needs no HELLO, so that an old server costs no second round trip.
		Protocol:              2,
		DisableIdentity:       true,
		MaxRetries:            -1,
		DialTimeout:           dialTimeout,
		DialerRetries:         1,
		ReadTimeout:           readTimeout,
		WriteTimeout:          readTimeout,
		ContextTimeoutEnabled: true,
		// One batch at a time, so one connection.
		PoolSize:                 1,
		PipelinePoolSize:         -1,
		ReadBufferSize:           bufferBytes,
		WriteBufferSize:          bufferBytes,
		TLSConfig:                a.tls.Config,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// Read asks for all lengths in one round trip. A key that does not exist is a list of length 0: Redis removes a list with
// its last element. A key that holds something else has no answer.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	client := r.connect()
	if client == nil {
		return nil, errors.New("reading has ended")
	}
	readings, err := r.lengths(ctx, client, queries)
	if err != nil {
		_ = r.hangUp() // the error that counts is that of the read
	}
	return readings, err
}

func (r *reader) lengths(ctx context.Context, client *goredis.Client, queries []sources.Query) ([]sources.Reading, error) {
	commands := make([]*goredis.IntCmd, len(queries))
	_, err := client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i, q := range queries {
			if q, ok := q.(query); ok {
				commands[i] = p.LLen(ctx, q.list)
			}
		}
		return nil
	})
	if err := r.outage(err); err != nil {
		return nil, err
	}
	readings := make([]sources.Reading, len(queries))
	for i, command := range commands {
		if readings[i], err = r.reading(queries[i], command); err != nil {
			return nil, err
		}
	}
	return readings, nil
}

// reading turns the answer for one list into a reading. The error is about the server.
func (r *reader) reading(q sources.Query, command *goredis.IntCmd) (sources.Reading, error) {
	list, ok := q.(query)
	if !ok || command == nil {
		return sources.Reading{Err: fmt.Errorf("not a query for redis: %T", q)}, nil
	}
	length, err := command.Result()
	if err == nil {
		return sources.Reading{Value: length * 1000}, nil
	}
	if err := r.outage(err); err != nil {
		return sources.Reading{}, err
	}
	return sources.Reading{Err: ofList(list.list, err)}, nil
}

// outage gives an error that is about the server as a whole, or nil.
func (r *reader) outage(err error) error {
	var reply goredis.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &reply):
		return sources.Unreachable("redis "+r.access.address, err)
	}
	switch code := codeOf(reply); code {
	case "NOAUTH", "WRONGPASS":
		return sources.Unauthorized(r.refused(code))
	case "LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN":
		return fmt.Errorf("redis %s is not ready: %s", r.access.address, code)
	}
	if text := reply.Error(); strings.Contains(text, "invalid password") || strings.Contains(text, "AUTH") {
		return sources.Unauthorized(r.refused("ERR AUTH")) // before Redis 6
	}
	return nil
}

func (r *reader) refused(code string) error {
	if r.access.password == "" {
		return fmt.Errorf("redis %s wants a password and the trigger gives none (%s)", r.access.address, code)
	}
	return fmt.Errorf("redis %s refuses the credentials (%s)", r.access.address, code)
}

// ofList says why one list has no answer.
func ofList(list string, err error) error {
	switch code := codeOf(err); code {
	case "WRONGTYPE":
		return fmt.Errorf("key %q is not a list (WRONGTYPE)", list)
	case "NOPERM":
		return sources.Unauthorized(fmt.Errorf("the user may not read list %q (NOPERM)", list))
	case "MOVED", "ASK":
		return fmt.Errorf("list %q is on another node of a cluster, which trigger type redis does not follow (%s)", list, code)
	default:
		return fmt.Errorf("list %q: %w", list, err)
	}
}

// codeOf is the first word of a reply that is an error.
func codeOf(err error) string {
	code, _, _ := strings.Cut(err.Error(), " ")
	return code
}

// Close closes the connection, for good.
func (r *reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.hangUp()
}
