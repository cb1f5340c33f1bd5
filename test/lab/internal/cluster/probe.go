package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
)

// probeTimeout bounds one question for health.
const probeTimeout = 2 * time.Second

// Prober asks components for their health.
type Prober struct {
	cluster, etcd *http.Client
}

// NewProber reads the credentials of the lab in this folder.
func NewProber(dir home.Dir) (*Prober, error) {
	cluster, err := newHTTPClient(dir, caFile, adminPair)
	if err != nil {
		return nil, err
	}
	etcd, err := newHTTPClient(dir, etcdCAFile, etcdClientPair)
	if err != nil {
		return nil, err
	}
	return &Prober{cluster: cluster, etcd: etcd}, nil
}

// Ready is nil when the component answers that it is ready, and else says why not.
func (p *Prober) Ready(ctx context.Context, component, health string) error {
	client := p.cluster
	if component == etcd {
		client = p.etcd
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, health, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1024)) // what can be had of the reason
	return fmt.Errorf("%s: %s: %s", health, response.Status, strings.Join(failedChecks(string(text)), ", "))
}

// failedChecks are the lines of a health report that tell of a failure, "[-]name failed: reason".
func failedChecks(report string) []string {
	var failed []string
	for line := range strings.Lines(report) {
		if check, found := strings.CutPrefix(strings.TrimSpace(line), "[-]"); found {
			failed = append(failed, check)
		}
	}
	if len(failed) == 0 {
		return []string{strings.TrimSpace(report)}
	}
	return failed
}

func newHTTPClient(dir home.Dir, ca, pair string) (*http.Client, error) {
	roots := x509.NewCertPool()
	text, err := os.ReadFile(dir.PKI(ca))
	if err != nil {
		return nil, fmt.Errorf("the lab's certificates: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("the lab's certificates: %s holds none", dir.PKI(ca))
	}
	cert, err := tls.LoadX509KeyPair(dir.PKI(pair+".crt"), dir.PKI(pair+".key"))
	if err != nil {
		return nil, fmt.Errorf("the lab's certificates: %w", err)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}},
		DisableKeepAlives: true, // a component that was started again is a new server
	}}, nil
}
