// Package redistest starts Redis servers for tests: the real one where it is installed, else one in memory.
package redistest

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"

	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

// Server is a running server.
type Server struct {
	// Address as host:port.
	Address  string
	Password string
	// Real tells a redis-server from one in memory.
	Real   bool
	Client *goredis.Client
	stop   func()
}

// Start starts a server that ends with the test. With PLIMSOLL_BROKERS=required a missing redis-server is a failure.
func Start(t testing.TB, password string) *Server {
	t.Helper()
	return StartAt(t, brokers.FreeAddress(t), password)
}

// StartAt starts a server at an address.
func StartAt(t testing.TB, address, password string) *Server {
	t.Helper()
	s := &Server{Address: address, Password: password}
	program, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
		s.startReal(t, program)
	case brokers.Required():
		t.Fatalf("PLIMSOLL_BROKERS=required, and there is no redis-server: %v", err)
	default:
		s.startInMemory(t)
	}
	s.Client = goredis.NewClient(&goredis.Options{Addr: s.Address, Password: password, Protocol: 2, DisableIdentity: true})
	t.Cleanup(s.Stop)
	s.await(t)
	return s
}

// Stop ends the server.
func (s *Server) Stop() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
		_ = s.Client.Close()
	}
}

// Fill makes a list have a length.
func (s *Server) Fill(t testing.TB, list string, length int) {
	t.Helper()
	ctx := context.Background()
	_, err := s.Client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		p.Del(ctx, list)
		for i := range length {
			p.RPush(ctx, list, i)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("filling list %s: %v", list, err)
	}
}

func (s *Server) startReal(t testing.TB, program string) {
	t.Helper()
	_, port, _ := net.SplitHostPort(s.Address)
	args := []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}
	if s.Password != "" {
		args = append(args, "--requirepass", s.Password)
	}
	s.Real = true
	s.stop = brokers.Start(t, exec.Command(program, args...)).Stop
}

func (s *Server) startInMemory(t testing.TB) {
	t.Helper()
	m := miniredis.NewMiniRedis()
	if s.Password != "" {
		m.RequireAuth(s.Password)
	}
	if err := m.StartAddr(s.Address); err != nil {
		t.Fatalf("starting a Redis in memory: %v", err)
	}
	s.stop = m.Close
}

func (s *Server) await(t testing.TB) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err = s.Client.Ping(context.Background()).Err(); err == nil {
			return
		}
	}
	t.Fatalf("redis at %s did not answer within 10 s: %v", s.Address, err)
}

// Rotate changes the password. Connections that are open stay open.
func (s *Server) Rotate(t testing.TB, password string) {
	t.Helper()
	if err := s.Client.ConfigSet(context.Background(), "requirepass", password).Err(); err != nil {
		t.Fatalf("changing the password: %v", err)
	}
	_ = s.Client.Close()
	s.Password = password
	s.Client = goredis.NewClient(&goredis.Options{Addr: s.Address, Password: password, Protocol: 2, DisableIdentity: true})
}
