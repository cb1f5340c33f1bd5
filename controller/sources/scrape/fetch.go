package scrape

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/prometheus/common/expfmt"
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Limits of one request, and of all that run at once.
const (
	patience  = time.Second
	bodyMost  = 4 << 20
	allAtOnce = 128
)

// Dial connects to an address, host:port.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// fetcher fetches pages from pods.
type fetcher struct {
	client *http.Client
	slots  chan struct{}
}

func newFetcher(dial Dial) *fetcher {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return &fetcher{
		slots: make(chan struct{}, allAtOnce),
		client: &http.Client{
			// No Proxy: what the environment says is meant for the world outside the cluster.
			Transport: &http.Transport{
				DialContext: dial, MaxIdleConns: 1024, MaxIdleConnsPerHost: 1, IdleConnTimeout: 90 * time.Second,
				MaxResponseHeaderBytes: 64 << 10,
			},
			// A pod must not send us anywhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// get gives the page. Errors do not name the pod, so that they stay the same whichever pods are asked.
func (f *fetcher) get(ctx context.Context, url string) ([]byte, error) {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return nil, errors.New("timed out")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept",
		string(expfmt.NewFormat(expfmt.TypeTextPlain))+";q=1,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1")
	request.Header.Set("User-Agent", "plimsoll")
	response, err := f.client.Do(request)
	if err != nil {
		return nil, errors.New(sources.Cause(err))
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, bodyMost+1))
	switch {
	case err != nil:
		return nil, errors.New(sources.Cause(err))
	case len(text) > bodyMost:
		return nil, fmt.Errorf("the page is larger than %d MiB", bodyMost>>20)
	}
	return text, nil
}

func refusal(status int) error {
	if status/100 == 3 {
		return fmt.Errorf("the answer is HTTP %d, and redirects are not followed", status)
	}
	return fmt.Errorf("the answer is HTTP %d", status)
}

// hostOf gives the pod's address. Some addresses are never a pod's, and asking there would ask this process, its node, or a
// cloud's metadata service.
func hostOf(p *corev1.Pod) (netip.Addr, error) {
	a, err := netip.ParseAddr(p.Status.PodIP)
	if err != nil {
		return a, errors.New("the pod's address is no IP address")
	}
	a = a.Unmap()
	if a.Zone() != "" || a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == broadcast() {
		return a, errors.New("the pod's address is not one that pods have")
	}
	return a, nil
}

func broadcast() netip.Addr { return netip.AddrFrom4([4]byte{255, 255, 255, 255}) }

func hostPort(a netip.Addr, port int32) string {
	return net.JoinHostPort(a.String(), strconv.Itoa(int(port)))
}
