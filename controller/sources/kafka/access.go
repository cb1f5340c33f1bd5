package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Limits of one attempt. Whether there is another is the caller's business: it knows the back-off of the server. A request
// is repeated within readTimeout where it met a broker that leads no longer.
const (
	dialTimeout    = 2 * time.Second
	requestTimeout = 2 * time.Second
	readTimeout    = 4 * time.Second
	retries        = 2
	retryAfter     = 50 * time.Millisecond
	// metadataAge bounds how long a partition that was added goes unnoticed.
	metadataAge = 5 * time.Second
	// answerBytes bounds an answer; the ends of 100,000 partitions are 3 MB.
	answerBytes = 32 << 20
)

// access is everything that a connection needs.
type access struct {
	servers            []string
	sasl               string
	username, password string
	// tls.Config is nil where the brokers are reached in the open.
	tls sources.TLS
}

func accessFrom(p *sources.Parameters) (access, error) {
	a := access{servers: split(p.Get("bootstrapServers")), sasl: p.Get("sasl")}
	for _, server := range a.servers {
		if _, _, err := net.SplitHostPort(server); err != nil {
			return a, fmt.Errorf("bootstrapServers %q is not of the form host:port, or several of them with commas between", server)
		}
	}
	switch a.sasl {
	case "", "none":
		a.sasl = "none"
	case "plaintext", "scram_sha256", "scram_sha512":
		a.username, a.password = p.Get("username"), p.Get("password")
		if a.username == "" || a.password == "" {
			return a, fmt.Errorf("sasl is %s, which needs username and password from authenticationRef", a.sasl)
		}
	default:
		return a, fmt.Errorf("sasl %q is not served; legal are none, plaintext, scram_sha256, scram_sha512", a.sasl)
	}
	var err error
	switch wish := p.Get("tls"); {
	case wish == "enable":
		a.tls, err = sources.TLSFrom(p)
	case wish != "disable":
		err = fmt.Errorf("tls %q: legal are enable, disable", wish)
	case p.Get("ca") != "" || p.Get("cert") != "" || p.Get("key") != "":
		err = errors.New("ca, cert and key need tls: enable, and tls is disable")
	}
	return a, err
}

// String names the brokers and the credentials, the latter by a digest.
func (a *access) String() string {
	return fmt.Sprintf("kafka://%s#%s", a.name(), sources.Digest(a.sasl, a.username, a.password, a.tls.Key()))
}

// name names the brokers for people.
func (a *access) name() string { return strings.Join(a.servers, ",") }

func (a *access) mechanism() sasl.Mechanism {
	switch a.sasl {
	case "plaintext":
		return plain.Auth{User: a.username, Pass: a.password}.AsMechanism()
	case "scram_sha256":
		return scram.Auth{User: a.username, Pass: a.password}.AsSha256Mechanism()
	case "scram_sha512":
		return scram.Auth{User: a.username, Pass: a.password}.AsSha512Mechanism()
	}
	return nil
}

func (a *access) options(dial dialer) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SeedBrokers(a.servers...),
		kgo.ClientID("plimsoll"),
		kgo.Dialer(a.dialer(dial)),
		kgo.RequestRetries(retries),
		kgo.RetryTimeout(readTimeout),
		kgo.RetryBackoffFn(func(int) time.Duration { return retryAfter }),
		kgo.RequestTimeoutOverhead(requestTimeout),
		kgo.MetadataMinAge(metadataAge),
		kgo.BrokerMaxReadBytes(answerBytes),
		kgo.FetchMaxBytes(answerBytes), // nothing is fetched; the client wants it to fit
		kgo.DisableClientMetrics(),
	}
	if m := a.mechanism(); m != nil {
		opts = append(opts, kgo.SASL(m))
	}
	return opts
}

// dialer bounds the connection and its handshake.
func (a *access) dialer(dial dialer) dialer {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := dial(ctx, network, address)
		if err != nil || a.tls.Config == nil {
			return conn, err
		}
		config := a.tls.Config.Clone()
		if config.ServerName, _, err = net.SplitHostPort(address); err == nil {
			secured := tls.Client(conn, config)
			if err = secured.HandshakeContext(ctx); err == nil {
				return secured, nil
			}
		}
		_ = conn.Close() // the handshake's error says more
		return nil, handshake{err}
	}
}

// handshake is an error of TLS.
type handshake struct{ error }

func (h handshake) Unwrap() error { return h.error }
