package handler

import "bytes"

// rawObject is the JSON of an object inside a request; nil where the request has null. It is a copy: the request's buffer
// is used again for another one.
type rawObject []byte

// UnmarshalJSON keeps the bytes as they are.
func (r *rawObject) UnmarshalJSON(b []byte) error {
	if !bytes.Equal(b, []byte("null")) {
		*r = bytes.Clone(b)
	}
	return nil
}
