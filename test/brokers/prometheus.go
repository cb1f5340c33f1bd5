package brokers

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// Prometheus is a server that scrapes, once a second, what the test sets.
type Prometheus struct {
	*Process
	// Address is host:port.
	Address string

	options PrometheusOptions
	mu      sync.Mutex
	works   map[string][]float64
}

// PrometheusOptions are what a test may ask for. The zero value is a server in the open.
type PrometheusOptions struct {
	// User and Password, where they are set, are asked for.
	User, Password string
	// TLS, where it is set, makes the server speak TLS and ask for a certificate of that authority. Such a server is asked
	// for what needs no scraping.
	TLS *Files
}

// StartPrometheus starts a server that ends with the test.
func StartPrometheus(t testing.TB, options PrometheusOptions) *Prometheus {
	t.Helper()
	p := &Prometheus{Address: FreeAddress(t), options: options, works: map[string][]float64{}}
	exporter := httptest.NewServer(http.HandlerFunc(p.export))
	t.Cleanup(exporter.Close)
	dir := t.TempDir()
	config, access := filepath.Join(dir, "prometheus.yml"), filepath.Join(dir, "web.yml")
	target := strings.TrimPrefix(exporter.URL, "http://")
	for path, text := range map[string]string{
		access: options.web(t),
		config: fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\n"+
			"scrape_configs: [{job_name: test, static_configs: [{targets: [%q]}]}]\n", target),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.Process = Start(t, exec.Command(Program(t, "prometheus"), "--config.file="+config, "--web.config.file="+access,
		"--web.listen-address="+p.Address, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--log.level=warn"))
	p.Await(t, p.ready)
	return p
}

// web is the file that says who may ask.
func (o *PrometheusOptions) web(t testing.TB) string {
	t.Helper()
	var text string
	if o.User != "" {
		hash, err := bcrypt.GenerateFromPassword([]byte(o.Password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("basic_auth_users: {%q: %q}\n", o.User, hash)
	}
	if f := o.TLS; f != nil {
		text += fmt.Sprintf("tls_server_config: {cert_file: %q, key_file: %q, client_ca_file: %q, "+
			"client_auth_type: RequireAndVerifyClientCert}\n",
			f.Cert, f.Key, f.CA)
	}
	return text
}

func (p *Prometheus) ready(ctx context.Context) error {
	if p.options.TLS != nil {
		return listening(ctx, p.Address)
	}
	_, err := p.elements(ctx, "vector(1)")
	return err
}

// WorkQuery is the expression that gives the values of a piece of work.
func WorkQuery(name string) string { return fmt.Sprintf("plimsoll_test_work{work=%q}", name) }

// Set makes the named piece of work have values, each of them an element of WorkQuery's, and waits until the server says so.
func (p *Prometheus) Set(t testing.TB, name string, values ...float64) {
	t.Helper()
	p.mu.Lock()
	p.works[name] = values
	p.mu.Unlock()
	want := make([]string, len(values))
	for i, v := range values {
		want[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	slices.Sort(want)
	p.Await(t, func(ctx context.Context) error {
		got, err := p.elements(ctx, WorkQuery(name))
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("work %s is %q, want %q", name, got, want)
		}
		return err
	})
}

// export writes what is scraped.
func (p *Prometheus) export(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, name := range slices.Sorted(maps.Keys(p.works)) {
		for i, v := range p.works[name] {
			_, _ = fmt.Fprintf(w, "plimsoll_test_work{work=%q,element=\"%d\"} %v\n", name, i, v)
		}
	}
}

// elements gives the values of an instant vector, sorted as texts.
func (p *Prometheus) elements(ctx context.Context, query string) ([]string, error) {
	address := "http://" + p.Address + "/api/v1/query?" + url.Values{"query": {query}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.SetBasicAuth(p.options.User, p.options.Password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is HTTP %d", response.StatusCode)
	}
	var page struct {
		Data struct{ Result []struct{ Value []any } }
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, err
	}
	got := make([]string, len(page.Data.Result))
	for i, e := range page.Data.Result {
		if len(e.Value) == 2 {
			got[i] = fmt.Sprint(e.Value[1])
		}
	}
	slices.Sort(got)
	return got, nil
}
