package targets

import "errors"

// IsMissing tells whether the target, its kind, or its scale subresource is not there.
func IsMissing(err error) bool {
	var m missing
	return errors.As(err, &m)
}
