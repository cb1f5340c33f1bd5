package admission_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// client calls webhooks as the API server calls a Service: HTTP/1.1, connections kept.
func client(authority []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12},
			MaxIdleConnsPerHost: 64, DisableCompression: true,
		},
	}
}

// sample is what was measured of one webhook at one concurrency, a round in each element.
type sample struct {
	times [][]time.Duration
	cpu   time.Duration
}

func (s *sample) add(other sample) {
	s.times = append(s.times, other.times...)
	s.cpu += other.cpu
}

// quantile of the times, in milliseconds: the median of all rounds, so that what else the machine did in one of them does not
// count.
func (s *sample) quantile(q float64) float64 {
	of := make([]time.Duration, len(s.times))
	for i, times := range s.times {
		of[i] = quantile(times, q)
	}
	return milliseconds(quantile(of, .5))
}

func quantile(times []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// cpuEach is the processor time of a request, in milliseconds.
func (s *sample) cpuEach() float64 {
	requests := 0
	for _, times := range s.times {
		requests += len(times)
	}
	return milliseconds(s.cpu) / float64(requests)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// load sends requests from some callers at once, each one after another.
func load(b *testing.B, c *http.Client, p *process, body []byte, callers, requests int) sample {
	b.Helper()
	before := p.cpu(b)
	times := make([][]time.Duration, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			for range requests / callers {
				took, err := call(c, p.url, body)
				if err != nil {
					b.Errorf("%s: %v", p.name, err)
					return
				}
				times[i] = append(times[i], took)
			}
		})
	}
	wait.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return sample{times: [][]time.Duration{slices.Concat(times...)}, cpu: p.cpu(b) - before}
}

func call(c *http.Client, url string, body []byte) (time.Duration, error) {
	start := time.Now()
	response, err := c.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}
