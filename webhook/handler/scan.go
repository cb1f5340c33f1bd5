package handler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// scanner walks over an AdmissionReview once. It looks for where values begin and end: the core checks the objects in it
// when it decodes them, and nothing else in it is used. (A decoder by reflection reads every byte three times: to check, to
// find an object's end, and to copy it. That took a third of a review.)
type scanner struct {
	data []byte
	at   int
}

var errCutOff = errors.New("the JSON ends too early")

// peek moves over white space and gives the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.data); s.at++ {
		switch b := s.data[s.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

func (s *scanner) expect(b byte) error {
	switch got := s.peek(); got {
	case b:
		s.at++
		return nil
	case 0:
		return errCutOff
	default:
		return fmt.Errorf("byte %d is %q, want %q", s.at, got, b)
	}
}

// object calls field for each key of an object. field must move over the value. A null has no keys.
func (s *scanner) object(field func(key string) error) error {
	if s.null() {
		return nil
	}
	if err := s.expect('{'); err != nil {
		return err
	}
	for first := true; s.peek() != '}'; first = false {
		if err := s.member(first, field); err != nil {
			return err
		}
	}
	s.at++
	return nil
}

func (s *scanner) member(first bool, field func(key string) error) error {
	if !first {
		if err := s.expect(','); err != nil {
			return err
		}
	}
	key, err := s.text()
	if err != nil {
		return err
	}
	if err := s.expect(':'); err != nil {
		return err
	}
	return field(key)
}

func (s *scanner) null() bool {
	if s.peek() == 'n' && bytes.HasPrefix(s.data[s.at:], []byte("null")) {
		s.at += len("null")
		return true
	}
	return false
}

// text reads a string; a null is empty.
func (s *scanner) text() (string, error) {
	if s.null() {
		return "", nil
	}
	if err := s.expect('"'); err != nil {
		return "", err
	}
	begin := s.at
	if err := s.endString(); err != nil {
		return "", err
	}
	inside := s.data[begin : s.at-1]
	if bytes.IndexByte(inside, '\\') < 0 {
		return string(inside), nil
	}
	var text string
	err := json.Unmarshal(s.data[begin-1:s.at], &text)
	return text, err
}

// endString moves behind the quote that ends a string.
func (s *scanner) endString() error {
	for {
		quote := bytes.IndexByte(s.data[s.at:], '"')
		if quote < 0 {
			return errCutOff
		}
		s.at += quote + 1
		if !s.escaped(s.at - 1) {
			return nil
		}
	}
}

// escaped tells whether an odd number of backslashes stands before i.
func (s *scanner) escaped(i int) bool {
	odd := false
	for i--; i >= 0 && s.data[i] == '\\'; i-- {
		odd = !odd
	}
	return odd
}

// raw moves over a value and gives it as it stands; nil for null.
func (s *scanner) raw() ([]byte, error) {
	if s.null() {
		return nil, nil
	}
	begin := s.at
	if err := s.skip(); err != nil {
		return nil, err
	}
	return s.data[begin:s.at:s.at], nil
}

// skip moves over a value.
func (s *scanner) skip() error {
	switch s.peek() {
	case '{', '[':
		return s.skipNested()
	case '"':
		s.at++
		return s.endString()
	case 0:
		return errCutOff
	}
	begin := s.at
	for s.at < len(s.data) && isPlain(s.data[s.at]) {
		s.at++
	}
	if s.at == begin {
		return fmt.Errorf("byte %d is %q, want a value", s.at, s.data[s.at])
	}
	return nil
}

// isPlain tells bytes that numbers and literals consist of.
func isPlain(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || b == '-' || b == '+' || b == '.' || b == 'E'
}

// skipNested moves over an object or a list, by counting brackets.
func (s *scanner) skipNested() error {
	depth := 0
	for s.at < len(s.data) {
		b := s.data[s.at]
		s.at++
		switch b {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return nil
			}
		case '"':
			if err := s.endString(); err != nil {
				return err
			}
		}
	}
	return errCutOff
}

// end checks that nothing follows.
func (s *scanner) end() error {
	if s.peek() != 0 || s.at < len(s.data) {
		return fmt.Errorf("byte %d: nothing may follow the review", s.at)
	}
	return nil
}
