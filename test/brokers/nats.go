package brokers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// NATS is a nats-server with JetStream.
type NATS struct {
	*Process
	// Name of the node.
	Name string
	// Address for clients and Monitor, the monitoring port, as host:port.
	Address, Monitor string
	// JetStream is a client of the account $G; nil with NATSOptions.TLS.
	JetStream jetstream.JetStream

	config string
}

// NATSOptions are what a test may ask for. The zero value is one server in the open.
type NATSOptions struct {
	// TLS, where it is set, makes the server speak TLS. Its monitoring port asks nobody for a certificate.
	TLS *Files
	// More is put into the configuration.
	More string
}

// StartNATS starts a server that ends with the test.
func StartNATS(t testing.TB, options NATSOptions) *NATS {
	t.Helper()
	n := &NATS{Name: "alone", Address: FreeAddress(t), Monitor: FreeAddress(t)}
	port := fmt.Sprintf("http: %q", n.Monitor)
	if f := options.TLS; f != nil {
		port = fmt.Sprintf("https: %q\ntls {cert_file: %q, key_file: %q}", n.Monitor, f.Cert, f.Key)
	}
	n.start(t, port+"\n"+options.More)
	n.Await(t, func(ctx context.Context) error {
		if options.TLS != nil {
			return listening(ctx, n.Monitor)
		}
		return n.ready(ctx)
	})
	return n
}

// StartNATSCluster starts a cluster of three on 127.0.0.1 to 127.0.0.3. As in a real one the monitoring port is the same
// number everywhere. more, where it is set, is put into every node's configuration of the cluster.
func StartNATSCluster(t testing.TB, more string) []*NATS {
	t.Helper()
	client, monitor, route := FreePort(t), FreePort(t), FreePort(t)
	nodes := make([]*NATS, 3)
	var routes []string
	for i := range nodes {
		host := fmt.Sprintf("127.0.0.%d", i+1)
		nodes[i] = &NATS{
			Name: fmt.Sprintf("node-%d", i+1), Address: fmt.Sprintf("%s:%d", host, client), Monitor: fmt.Sprintf("%s:%d", host, monitor),
		}
		routes = append(routes, fmt.Sprintf("nats://%s:%d", host, route))
	}
	for i, n := range nodes {
		n.start(t, fmt.Sprintf("http: %q\ncluster {name: test, listen: %q, routes: [%s], %s}",
			n.Monitor, strings.TrimPrefix(routes[i], "nats://"), strings.Join(routes, ", "), more))
	}
	for _, n := range nodes {
		n.Await(t, n.ready)
	}
	return nodes
}

// start starts the node. Its client connects when there is somebody to connect to.
func (n *NATS) start(t testing.TB, config string) {
	t.Helper()
	n.config = filepath.Join(t.TempDir(), "nats.conf")
	text := fmt.Sprintf("server_name: %q\nlisten: %q\njetstream {store_dir: %q}\n%s\n", n.Name, n.Address, t.TempDir(), config)
	if err := os.WriteFile(n.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n.JetStream != nil {
			n.JetStream.Conn().Close()
		}
	})
	n.Restart(t)
}

// Restart starts the node, for the first time or after Stop. Whoever calls it awaits it.
func (n *NATS) Restart(t testing.TB) {
	t.Helper()
	n.Process = Start(t, exec.Command(Program(t, "nats-server"), "-c", n.config))
}

// Fill makes a consumer, of a stream of the same name, have a number of messages that it has not been given.
func (n *NATS) Fill(t testing.TB, name string, messages int) {
	t.Helper()
	n.fill(t, jetstream.StreamConfig{Name: name, Subjects: []string{name}, Storage: jetstream.MemoryStorage}, messages)
}

// FillReplicated does the same with three copies of everything, which takes a cluster.
func (n *NATS) FillReplicated(t testing.TB, name string, messages int) {
	t.Helper()
	n.fill(t, jetstream.StreamConfig{Name: name, Subjects: []string{name}, Replicas: 3}, messages)
}

func (n *NATS) fill(t testing.TB, config jetstream.StreamConfig, messages int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := n.JetStream.CreateOrUpdateStream(ctx, config)
	if err != nil {
		t.Fatalf("stream %s: %v", config.Name, err)
	}
	if err := stream.Purge(ctx); err != nil {
		t.Fatalf("emptying stream %s: %v", config.Name, err)
	}
	_, err = stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: config.Name, AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatalf("consumer %s: %v", config.Name, err)
	}
	for range messages {
		if _, err := n.JetStream.Publish(ctx, config.Name, []byte("work")); err != nil {
			t.Fatalf("publishing to %s: %v", config.Name, err)
		}
	}
}

// ready asks for JetStream, and connects.
func (n *NATS) ready(ctx context.Context) error {
	if err := n.healthy(ctx); err != nil {
		return err
	}
	if n.JetStream == nil {
		c, err := nats.Connect("nats://"+n.Address, nats.MaxReconnects(-1))
		if err != nil {
			return err
		}
		if n.JetStream, err = jetstream.New(c); err != nil {
			return err
		}
	}
	_, err := n.JetStream.AccountInfo(ctx)
	return err
}

// healthy says whether the node serves JetStream and knows the leader of its cluster.
func (n *NATS) healthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Monitor+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is HTTP %d", response.StatusCode)
	}
	return nil
}

// listening says whether somebody listens.
func listening(ctx context.Context, address string) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}
