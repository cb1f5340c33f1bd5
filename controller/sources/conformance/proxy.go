package conformance

import (
	"io"
	"net"
	"sync"
	"testing"
)

// proxy stands between a source and its server, and can take the server away. Its address stays the same.
type proxy struct {
	t      *testing.T
	target string
	addr   string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]bool
	stalled  bool
	accepted int
}

func newProxy(t *testing.T, target string) *proxy {
	p := &proxy{t: t, target: target, open: map[net.Conn]bool{}, addr: "127.0.0.1:0"}
	p.serve()
	t.Cleanup(p.refuse)
	return p
}

func (p *proxy) address() string { return p.addr }

func (p *proxy) connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// serve passes everything on.
func (p *proxy) serve() {
	p.refuse()
	p.mu.Lock()
	defer p.mu.Unlock()
	l, err := net.Listen("tcp", p.addr) //nolint:noctx // answers at once
	if err != nil {
		p.t.Fatalf("listening: %v", err)
	}
	p.addr, p.listener, p.stalled = l.Addr().String(), l, false
	go p.accept(l)
}

// refuse closes everything: connections are refused from now on.
func (p *proxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for c := range p.open {
		_ = c.Close()
	}
	clear(p.open)
}

// stall keeps accepting, and passes nothing on.
func (p *proxy) stall() {
	p.serve()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = true
}

func (p *proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.accepted++
		p.open[c] = true
		stalled := p.stalled
		p.mu.Unlock()
		if !stalled {
			go p.pass(c)
		}
	}
}

func (p *proxy) pass(c net.Conn) {
	defer func() { _ = c.Close() }()
	server, err := net.Dial("tcp", p.target) //nolint:noctx // the proxy ends by closing connections
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	p.open[server] = true
	p.mu.Unlock()
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{c, server}, {server, c}} {
		go func() { _, _ = io.Copy(pair[0], pair[1]); done <- struct{}{} }()
	}
	<-done
}
