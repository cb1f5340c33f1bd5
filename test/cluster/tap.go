package cluster

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Tap stands between a manager and the API server, and notes the manager's requests.
type Tap struct {
	server *httptest.Server

	mu   sync.Mutex
	seen []Request
}

// Request is one that was answered.
type Request struct {
	// At is when it came. Method and Path are the request's, Status the answer's.
	At           time.Time
	Method, Path string
	Status       int
}

// String is for failures.
func (r Request) String() string {
	return fmt.Sprintf("%s %d %s %s", r.At.Format("15:04:05.000000"), r.Status, r.Method, r.Path)
}

// NewTap makes a tap in front of the cluster's API server. It ends by Close.
func (c *Cluster) NewTap() (*Tap, error) {
	config, err := c.REST()
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	// Whoever asks brings credentials: the administrator's must not stand in for them.
	transport, err := rest.TransportFor(&rest.Config{Host: config.Host, TLSClientConfig: rest.TLSClientConfig{
		CAFile: config.CAFile, CAData: config.CAData,
	}})
	if err != nil {
		return nil, err
	}
	t := &Tap{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, FlushInterval: -1, Transport: &noting{next: transport, tap: t},
		ErrorLog: log.New(io.Discard, "", 0), // a manager that ends gives its requests up
	}
	t.server = httptest.NewUnstartedServer(proxy)
	t.server.EnableHTTP2 = true // as the API server does
	t.server.StartTLS()
	return t, nil
}

// entry is the tap as a kubeconfig names a cluster.
func (t *Tap) entry() *clientcmdapi.Cluster {
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: t.server.Certificate().Raw})
	return &clientcmdapi.Cluster{Server: t.server.URL, CertificateAuthorityData: certificate}
}

// Close ends it, and the watches that go through it.
func (t *Tap) Close() {
	t.server.CloseClientConnections()
	t.server.Close()
}

// Seen gives the requests that match, in the order of their answers.
func (t *Tap) Seen(match func(Request) bool) []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Request
	for _, r := range t.seen {
		if match(r) {
			all = append(all, r)
		}
	}
	return all
}

type noting struct {
	next http.RoundTripper
	tap  *Tap
}

// RoundTrip is for http.RoundTripper.
func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	seen := Request{At: time.Now(), Method: r.Method, Path: r.URL.Path}
	response, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	seen.Status = response.StatusCode
	n.tap.mu.Lock()
	defer n.tap.mu.Unlock()
	n.tap.seen = append(n.tap.seen, seen)
	return response, nil
}
