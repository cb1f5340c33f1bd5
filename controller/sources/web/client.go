package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Limits of one server.
const (
	// Patience with one answer, where the trigger does not say.
	Patience    = 3 * time.Second
	dialTimeout = 2 * time.Second
	bodyMost    = 1 << 20
	connections = 4
)

// ErrTooLarge is the error of an answer that is not read to its end.
var ErrTooLarge = fmt.Errorf("the answer is larger than %d MiB", bodyMost>>20)

// Client asks one server.
type Client struct {
	name   string
	access Access
	http   *http.Client
}

// Answer is what a server said.
type Answer struct {
	Status int
	Body   []byte
}

// NewClient makes a client. name is what errors call the server. Nothing connects before the first request.
func NewClient(name string, access Access) *Client {
	return &Client{name: name, access: access, http: &http.Client{
		// No Proxy: what the environment says is meant for the world outside the cluster.
		Transport: &http.Transport{
			DialContext:     (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig: access.tls.Config, TLSHandshakeTimeout: dialTimeout,
			MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: 90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// Credentials go to nobody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends a request, with the credentials. The errors are about the server, but for ErrTooLarge, and stay the same from
// attempt to attempt.
func (c *Client) Do(request *http.Request) (Answer, error) {
	maps.Copy(request.Header, c.access.header)
	request.Header.Set("User-Agent", "plimsoll")
	response, err := c.http.Do(request) //nolint:gosec // whoever writes a trigger says whom to ask, as with every source
	if err != nil {
		return Answer{}, sources.Unreachable(c.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return Answer{}, sources.Unauthorized(fmt.Errorf("%s refuses the credentials: HTTP %d", c.name, response.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyMost+1))
	switch {
	case err != nil:
		return Answer{}, sources.Unreachable(c.name, err)
	case len(body) > bodyMost:
		return Answer{}, ErrTooLarge
	}
	return Answer{response.StatusCode, body}, nil
}

// Refusal is the error of a status that is not the one hoped for.
func (c *Client) Refusal(status int) error {
	if status/100 == 3 {
		return fmt.Errorf("%s: the answer is HTTP %d, and redirects are not followed", c.name, status)
	}
	return fmt.Errorf("%s: the answer is HTTP %d", c.name, status)
}

// Close closes the connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Each calls ask for 0 to n-1, a few at a time: few questions are two conversations, many are four.
func Each(n int, ask func(i int)) {
	const perConnection = 8
	var next atomic.Int64
	var asking sync.WaitGroup
	for range min(n, max(2, min(n/perConnection, connections))) {
		asking.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				ask(i)
			}
		})
	}
	asking.Wait()
}

// Timed gives the context of one request.
func Timed(ctx context.Context, wish time.Duration) (context.Context, context.CancelFunc) {
	if wish <= 0 {
		wish = Patience
	}
	return context.WithTimeout(ctx, wish)
}

// IsAboutServer tells whether an error of Do is about the server as a whole.
func IsAboutServer(err error) bool { return err != nil && !errors.Is(err, ErrTooLarge) }
