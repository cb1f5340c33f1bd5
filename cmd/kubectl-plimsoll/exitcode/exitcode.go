// Package exitcode says with which code the program ends, as scripts and pipelines read it.
package exitcode

import "errors"

// The codes.
const (
	OK = 0
	// Denied: admission would deny, or the cluster did.
	Denied = 1
	// Mistaken: the command or its input is wrong, or something that it needs cannot be had.
	Mistaken = 2
)

// denied is an error of the code Denied.
type denied struct{ error }

// Unwrap gives the error itself.
func (d denied) Unwrap() error { return d.error }

// AsDenied marks an error as a denial.
func AsDenied(err error) error { return denied{err} }

// Of gives the code for an error.
func Of(err error) int {
	var d denied
	switch {
	case err == nil:
		return OK
	case errors.As(err, &d):
		return Denied
	default:
		return Mistaken
	}
}
