package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// refuses tells whether the broker refused the credentials.
func refuses(err error) bool {
	return isOneOf(err, kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState)
}

// forbids tells whether the user may not see what was asked for.
func forbids(err error) bool {
	return isOneOf(err, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed, kerr.ClusterAuthorizationFailed)
}

func isOneOf(err error, causes ...error) bool {
	return slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) })
}

// outage says why the cluster has no answers, in words that stay the same from attempt to attempt.
func (a *access) outage(err error) error {
	var said *kerr.Error
	var tlsFault handshake
	switch {
	case refuses(err) && errors.As(err, &said):
		return sources.Unauthorized(fmt.Errorf("kafka %s refuses the credentials (%s)", a.name(), said.Message))
	case isHandshake(err, &tlsFault):
		return sources.Unauthorized(fmt.Errorf("kafka %s: TLS: %s", a.name(), tlsFault.said()))
	case errors.As(err, &said):
		return fmt.Errorf("kafka %s: %s", a.name(), said.Message)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("kafka %s closes the connection: it may want TLS (tls: enable), a client's certificate, or a login (sasl)", a.name())
	default:
		return sources.Unreachable("kafka "+a.name(), err)
	}
}

// isHandshake tells whether TLS is at fault, be it found at the handshake or, with TLS 1.3, at the first reading after it. A
// server that is away is not TLS's fault.
func isHandshake(err error, fault *handshake) bool {
	if alert, ok := errors.AsType[tls.AlertError](err); ok {
		*fault = handshake{alert}
		return true
	}
	return errors.As(err, fault) && fault.known()
}

func (h handshake) known() bool {
	var verification *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	return errors.As(h.error, &verification) || errors.As(h.error, &header)
}

// said leaves out times and addresses.
func (h handshake) said() string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var header tls.RecordHeaderError
	switch {
	case errors.As(h.error, &authority):
		return "the certificate is signed by an authority that ca does not hold"
	case errors.As(h.error, &host):
		return "the certificate is for another host"
	case errors.As(h.error, &header):
		return "the server does not speak TLS at this port"
	default:
		return sources.Cause(h.error)
	}
}

func ofGroup(group string, err error) error {
	return about(fmt.Sprintf("consumer group %q", group), err)
}

func ofTopic(topic string, err error) error {
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("topic %q does not exist", topic)
	}
	return about(fmt.Sprintf("topic %q", topic), err)
}

func ofPartition(p partition, err error) error {
	return about(fmt.Sprintf("topic %q, partition %d", p.topic, p.id), err)
}

// about says what is wrong with one thing that was asked for.
func about(what string, err error) error {
	var said *kerr.Error
	switch {
	case forbids(err):
		return sources.Unauthorized(fmt.Errorf("%s: the user may not read it", what))
	case errors.As(err, &said):
		return fmt.Errorf("%s: %s", what, said.Message)
	default:
		return fmt.Errorf("%s: %s", what, sources.Cause(err))
	}
}
