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
	if err == nil {
		return OK
	}
	if _, ok := errors.AsType[denied](err); ok {
		return Denied
	}
	return Mistaken
}

// Texts are the messages of an error, one for each of several that were joined.
func Texts(err error) []string {
	if d, ok := errors.AsType[denied](err); ok {
		err = d.error
	}
	if err == nil {
		return nil
	}
	var all []string
	for _, one := range parts(err) {
		all = append(all, Texts(one)...)
	}
	if len(all) == 0 {
		all = []string{err.Error()}
	}
	return all
}

// parts are the errors that one consists of: those that errors.Join joined, or Kubernetes' aggregate.
func parts(err error) []error {
	switch joined := err.(type) { //nolint:errorlint // the outermost only: what wraps a list says something of its own
	case interface{ Unwrap() []error }:
		return joined.Unwrap()
	case interface{ Errors() []error }:
		return joined.Errors()
	}
	return nil
}
