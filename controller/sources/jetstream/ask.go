package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Limits of one request.
const (
	dialTimeout = 2 * time.Second
	patience    = 2 * time.Second
	// bodyMost is room for some 50,000 consumers of one account.
	bodyMost = 32 << 20
)

// jsz is what is read of a node's answer about an account.
type jsz struct {
	ServerID string `json:"server_id"`
	Disabled bool   `json:"disabled"`
	// Meta is there in clusters only.
	Meta     meta      `json:"meta_cluster"`
	Accounts []account `json:"account_details"`
}

type meta struct {
	Size int `json:"cluster_size"`
}

type account struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Streams []stream `json:"stream_detail"`
}

type stream struct {
	Name      string     `json:"name"`
	Consumers []consumer `json:"consumer_detail"`
}

type consumer struct {
	Name string `json:"name"`
	// Pending have not been given to the consumer yet, Unacked have and wait for their acknowledgement.
	Pending uint64 `json:"num_pending"`
	Unacked uint64 `json:"num_ack_pending"`
	Group   group  `json:"cluster"`
}

// group are the nodes that keep a consumer. Outside of clusters it is empty.
type group struct {
	Leader string `json:"leader"`
	// Others are those besides the node that answers.
	Others []struct{ Name string } `json:"replicas"`
}

// varz is what is read of a node's answer about itself: where its cluster's nodes are, for clients and for each other.
type varz struct {
	Clients []string                `json:"connect_urls"`
	Cluster struct{ URLs []string } `json:"cluster"`
}

// client asks monitoring ports.
type client struct {
	endpoint endpoint
	http     *http.Client
}

func newClient(e endpoint) *client {
	return &client{endpoint: e, http: &http.Client{
		Timeout: patience,
		// No Proxy: what the environment says is meant for the world outside the cluster.
		Transport: &http.Transport{
			DialContext:     (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig: e.tls.Config, TLSHandshakeTimeout: dialTimeout,
			MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// jsz asks a node for an account's streams and consumers.
func (c *client) jsz(ctx context.Context, host string, o owner) (*jsz, error) {
	page := &jsz{}
	// Without "config", which KEDA asks for and does not use: half as much to write and to read.
	err := c.get(ctx, host, "/jsz?"+url.Values{"acc": {o.key()}, "consumers": {"true"}}.Encode(), page)
	switch {
	case err != nil:
		return nil, err
	case page.ServerID == "":
		return nil, c.notNATS(host)
	case page.Disabled:
		return nil, fmt.Errorf("nats %s does not serve JetStream", host)
	}
	return page, nil
}

// varz asks the endpoint where the nodes of its cluster are.
func (c *client) varz(ctx context.Context) (*varz, error) {
	v := &varz{}
	return v, c.get(ctx, c.endpoint.host, "/varz", v)
}

// get reads a page into a value. Its errors name the node and stay the same from attempt to attempt.
func (c *client) get(ctx context.Context, host, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.endpoint.url(host)+path, nil)
	if err != nil {
		return fmt.Errorf("nats %s: not an address", host)
	}
	request.Header.Set("User-Agent", "plimsoll")
	response, err := c.http.Do(request)
	if err != nil {
		return sources.Unreachable("nats "+host, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("nats %s: the answer to %s is HTTP %d", host, request.URL.Path, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, bodyMost+1))
	switch {
	case err != nil:
		return sources.Unreachable("nats "+host, err)
	case len(text) > bodyMost:
		return fmt.Errorf("nats %s: the answer to %s is larger than %d MiB", host, request.URL.Path, bodyMost>>20)
	case json.Unmarshal(text, into) != nil:
		return c.notNATS(host)
	}
	return nil
}

func (c *client) notNATS(host string) error {
	return fmt.Errorf("%s is no monitoring port of NATS: its answer is something else", host)
}

// hangUp closes connections that nobody uses.
func (c *client) hangUp() { c.http.CloseIdleConnections() }

var errNoNodes = errors.New("the cluster does not say where its nodes are")
