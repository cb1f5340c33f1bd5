package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/util/cert"

	"github.com/plimsoll-dev/plimsoll/webhook/server"
)

// running is a server, and a client that trusts it.
type running struct {
	*server.Server
	client *http.Client
	roots  *x509.CertPool
	stop   context.CancelFunc
	ended  chan error
}

func start(t *testing.T, options server.Options) *running {
	t.Helper()
	chain, pair := certificate()
	options.Address = "127.0.0.1:0"
	if options.Certificate == nil {
		options.Certificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	if options.DrainLimit == 0 {
		options.DrainLimit = 10 * time.Second
	}
	r := &running{Server: server.New(options), roots: x509.NewCertPool(), ended: make(chan error, 1)}
	r.roots.AppendCertsFromPEM(chain)
	r.client = r.speaking(&tls.Config{MinVersion: tls.VersionTLS12})
	if r.Check(nil) == nil {
		t.Error("ready before it listens")
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(t.Context())
	go func() { r.ended <- r.Start(ctx) }()
	await(t, "readiness", func() bool { return r.Check(nil) == nil })
	return r
}

// certificate is the same for all tests: keys take long to make.
var certificate = sync.OnceValues(func() (chain []byte, pair tls.Certificate) {
	chain, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err == nil {
		pair, err = tls.X509KeyPair(chain, key)
	}
	if err != nil {
		panic(err)
	}
	return chain, pair
})

// speaking is a client with its own ideas of TLS.
func (r *running) speaking(config *tls.Config) *http.Client {
	config.RootCAs, config.ServerName = r.roots, "localhost"
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
}

func (r *running) url() string { return "https://" + r.Addr() + server.Path }

func (r *running) awaitEnd(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(10 * time.Second):
		t.Fatal("the server does not end")
		return nil
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s did not come", what)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hello answers with the protocol it was asked by.
func hello(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }

func TestProtocols(t *testing.T) {
	t.Parallel()
	r := start(t, server.Options{Handler: http.HandlerFunc(hello)})
	defer r.stop()
	for name, tc := range map[string]struct {
		config *tls.Config
		http   string
		fails  bool
	}{
		"TLS 1.1":  {config: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, fails: true},
		"TLS 1.2":  {config: &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, http: "HTTP/2.0"},
		"TLS 1.3":  {config: &tls.Config{MinVersion: tls.VersionTLS13}, http: "HTTP/2.0"},
		"HTTP/1.1": {config: &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}, http: "HTTP/1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := r.speaking(tc.config)
			c.Transport.(*http.Transport).ForceAttemptHTTP2 = tc.http == "HTTP/2.0" //nolint:forcetypeassert // made above
			response, err := c.Post(r.url(), "application/json", nil)
			if tc.fails {
				if err == nil {
					t.Errorf("%s", response.Status)
				}
				return
			}
			must(t, err)
			defer response.Body.Close()
			if text, _ := io.ReadAll(response.Body); string(text) != tc.http {
				t.Errorf("by %s, want %s", text, tc.http)
			}
		})
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	t.Parallel()
	r := start(t, server.Options{Handler: http.HandlerFunc(hello)})
	defer r.stop()
	response, err := r.client.Get("https://" + r.Addr() + "/")
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		t.Errorf("%s, want 404", response.Status)
	}
}

func TestNoCertificateYet(t *testing.T) {
	t.Parallel()
	r := start(t, server.Options{
		Handler:     http.HandlerFunc(hello),
		Certificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") },
	})
	defer r.stop()
	response, err := r.client.Get(r.url())
	if err == nil {
		response.Body.Close()
		t.Error("answered without a certificate")
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	err = server.New(server.Options{Address: taken.Addr().String()}).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("error %v, want one that names %s", err, taken.Addr())
	}
}

// TestDrain: once it shall end, readiness fails at once, new requests are taken for a while, those that have begun are
// finished, and then nobody listens.
func TestDrain(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	r := start(t, server.Options{ShutdownDelay: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Query().Has("slow") {
			close(begun)
			<-finish
		}
		hello(w, q)
	})})
	slow := make(chan error, 1)
	go func() { slow <- ask(r, "?slow") }()
	<-begun
	r.stop()
	await(t, "unreadiness", func() bool { return r.Check(nil) != nil })
	must(t, ask(r, ""))
	await(t, "the end of listening", func() bool { // with a connection of its own
		connection, err := net.Dial("tcp", r.Addr())
		if err == nil {
			_ = connection.Close()
		}
		return err != nil
	})
	close(finish)
	must(t, <-slow)
	must(t, r.awaitEnd(t))
}

func ask(r *running, query string) error {
	response, err := r.client.Get(r.url() + query)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// TestDrainHasALimit: a request that does not end does not keep the process.
func TestDrainHasALimit(t *testing.T) {
	t.Parallel()
	begun, finish := make(chan struct{}), make(chan struct{})
	defer close(finish)
	r := start(t, server.Options{DrainLimit: 50 * time.Millisecond, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(begun)
		<-finish
	})})
	go func() { _ = ask(r, "") }()
	<-begun
	r.stop()
	if err := r.awaitEnd(t); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that the time was over", err)
	}
}
