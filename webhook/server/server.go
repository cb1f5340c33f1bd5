// Package server is the HTTPS server that the API server calls.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

// Path is where admission requests are answered.
const Path = "/mutate"

const (
	// readHeaderTimeout and readTimeout bound a caller that sends slowly; the API server sends all at once.
	readHeaderTimeout, readTimeout = 5 * time.Second, 15 * time.Second
	// writeTimeout is above the longest deadline that a webhook configuration can set.
	writeTimeout = 35 * time.Second
	// idleTimeout is above the 90 seconds after which the API server's client drops an idle connection: were it the server
	// who drops it, a request could run into a connection that is just being closed.
	idleTimeout = 3 * time.Minute
	// maxHeaderBytes: the API server sends some hundred bytes of headers.
	maxHeaderBytes = 16 << 10
	// maxStreams bounds the requests at once on an HTTP/2 connection. Through a Service the API server speaks HTTP/1.1, so
	// that its requests spread over replicas; HTTP/2 serves those who call by a URL.
	maxStreams = 250
)

// Options are what a Server works with.
type Options struct {
	// Address to listen on, as in ":9443".
	Address string
	// Handler of requests to Path.
	Handler http.Handler
	// Certificate to serve, asked for at every handshake: a new one needs no restart.
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// ShutdownDelay is how long requests are still taken after readiness has failed: the time until every kube-proxy and
	// every API server knows that this replica is going.
	ShutdownDelay time.Duration
	// DrainLimit is how long requests that have begun may take to end.
	DrainLimit time.Duration
}

// state of a server.
type state int32

const (
	starting state = iota
	serving
	draining
)

// Server serves admission. It runs on every replica, leader or not.
type Server struct {
	Options
	state   atomic.Int32
	address atomic.Value
}

// New makes a Server. It does not listen before Start.
func New(options Options) *Server { return &Server{Options: options} }

// NeedLeaderElection tells the manager that every replica serves.
func (*Server) NeedLeaderElection() bool { return false }

// Start serves until ctx is done, and then drains: readiness fails, requests are still taken for ShutdownDelay, then those
// that have begun are finished.
func (s *Server) Start(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
	if err != nil {
		return fmt.Errorf("listening for admission requests: %w", err)
	}
	logger := logr.FromContextOrDiscard(ctx).WithName("admission")
	inner := s.httpServer(logger)
	failed := make(chan error, 1)
	go func() { failed <- inner.ServeTLS(listener, "", "") }()
	s.address.Store(listener.Addr().String())
	s.state.Store(int32(serving))
	logger.Info("serving", "address", listener.Addr().String(), "path", Path)
	select {
	case err := <-failed:
		return fmt.Errorf("serving admission requests: %w", err)
	case <-ctx.Done():
		return s.drain(inner, logger)
	}
}

// Addr is the address that the server listens on; empty before it does. Useful where the port was left to the system.
func (s *Server) Addr() string {
	address, _ := s.address.Load().(string)
	return address
}

// Check is a readiness check: it fails before the server listens and once it drains.
func (s *Server) Check(*http.Request) error {
	switch state(s.state.Load()) {
	case starting:
		return errors.New("not listening yet")
	case draining:
		return errors.New("shutting down")
	default:
		return nil
	}
}

func (s *Server) drain(inner *http.Server, logger logr.Logger) error {
	s.state.Store(int32(draining))
	logger.Info("draining", "delay", s.ShutdownDelay.String(), "limit", s.DrainLimit.String())
	time.Sleep(s.ShutdownDelay)
	ctx, cancel := context.WithTimeout(context.Background(), s.DrainLimit)
	defer cancel()
	if err := inner.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("draining: %w", err), inner.Close())
	}
	return nil
}

func (s *Server) httpServer(logger logr.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle(Path, s.Handler)
	return &http.Server{
		Handler: mux,
		TLSConfig: &tls.Config{
			MinVersion:     tls.VersionTLS12,
			GetCertificate: s.Certificate,
			NextProtos:     []string{"h2", "http/1.1"},
		},
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return logr.NewContext(context.Background(), logger) },
		ErrorLog:          log.New(errorLog{logger}, "", 0),
	}
}

// errorLog takes what net/http says: failed handshakes and the like, which are the caller's doing.
type errorLog struct{ logger logr.Logger }

func (l errorLog) Write(line []byte) (int, error) {
	l.logger.V(1).Info("connection failed", "error", string(line))
	return len(line), nil
}
