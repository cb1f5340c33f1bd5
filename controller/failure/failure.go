// Package failure tells three classes of errors apart: the user's mistake, which is said on the object and not retried;
// waiting, which comes back after a while; and everything else, which is the system's and is retried with back-off.
package failure

import (
	"errors"
	"time"
)

// mistake is an error that only the user can mend.
type mistake struct{ error }

func (m mistake) Unwrap() error { return m.error }

// Mistake marks an error as the user's.
func Mistake(err error) error { return mistake{err} }

// IsMistake tells whether only the user can mend it.
func IsMistake(err error) bool {
	var m mistake
	return errors.As(err, &m)
}

// waiting is an error that is expected to go away.
type waiting struct {
	error
	after time.Duration
}

func (w waiting) Unwrap() error { return w.error }

// Waiting marks an error as one that is expected to have gone after a while.
func Waiting(err error, after time.Duration) error { return waiting{err, after} }

// WaitFor says how long to wait, where the error is of that class.
func WaitFor(err error) (time.Duration, bool) {
	var w waiting
	if !errors.As(err, &w) {
		return 0, false
	}
	return w.after, true
}
