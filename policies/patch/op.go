// Package patch turns an effective Intent into the smallest JSON patch that fulfils it.
package patch

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

// Op is one operation of a JSON patch (RFC 6902). Value is absent for "remove".
type Op struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// Change is one setting that was put into the object: what a reader of the stamp, of warnings and of render --explain sees.
// One Change can take several operations.
type Change struct {
	// Path of the field in words, as in "spec.template.spec.containers[app].resources.requests.cpu".
	Path string
	// Key it comes from, and the layer that the key stood in.
	Key    intent.ID
	Source intent.Source
	// From is the value before, empty where there was none; To the value now. Both as JSON scalars or compact JSON.
	From, To string
	// Detail says more where the value is not simply what the key says, as in "raised to the request".
	Detail string
}

// String says the change in one line, as in "spec.backoffLimit: 6 -> 3 (plimsoll.dev/backoff-limit, annotation)".
func (c Change) String() string {
	why := c.Key.String()
	if c.Source.Layer != intent.Unset {
		why += ", " + c.Source.String()
	}
	if c.Detail != "" {
		why += "; " + c.Detail
	}
	switch {
	case c.From == "":
		return fmt.Sprintf("%s: %s (%s)", c.Path, c.To, why)
	case c.To == "":
		return fmt.Sprintf("%s: %s removed (%s)", c.Path, c.From, why)
	default:
		return fmt.Sprintf("%s: %s -> %s (%s)", c.Path, c.From, c.To, why)
	}
}
