package sources

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// unauthorized is an error about credentials.
type unauthorized struct{ error }

func (u unauthorized) Unwrap() error { return u.error }

// Unauthorized marks an error as one about credentials: they are looked up again before the next attempt.
func Unauthorized(err error) error { return unauthorized{err} }

// IsUnauthorized tells whether the server refused the credentials.
func IsUnauthorized(err error) bool {
	var u unauthorized
	return errors.As(err, &u)
}

// Unreachable says that a server did not answer, in words without what differs from attempt to attempt (the local port):
// the message goes into a status that is written when it changes.
func Unreachable(server string, err error) error {
	return fmt.Errorf("%s does not answer: %s", server, Cause(err))
}

// Cause says why there is no answer from a server, in words that stay the same from attempt to attempt.
func Cause(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	var number syscall.Errno
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "timed out"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	case errors.As(err, &number):
		return number.Error()
	}
	return innermost(err).Error()
}

func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
