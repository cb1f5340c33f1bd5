package subject

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxDepth bounds how deeply a document nests.
const maxDepth = 10000

// cursor walks over JSON once, front to back. Most of a workload is none of Plimsoll's business, and a webhook stands in the
// way of every apply: the cursor checks what it passes over, but makes values only of what it is asked for. (A decoder by
// reflection takes three times as long and ten times the allocations; FuzzDecode holds the two against each other.)
//
// The first mistake stays in err, and from then on every step does nothing.
type cursor struct {
	data  []byte
	at    int
	depth int
	err   error
}

// fail keeps the first mistake and moves to the end.
func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("byte %d: %w", c.at, fmt.Errorf(format, args...))
	}
	c.at = len(c.data)
}

// peek moves over white space and gives the next byte, 0 at the end.
func (c *cursor) peek() byte {
	for c.at < len(c.data) {
		switch b := c.data[c.at]; b {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return b
		}
	}
	return 0
}

// expect moves over one byte.
func (c *cursor) expect(b byte) {
	if c.peek() != b {
		c.fail("expected %q", b)
		return
	}
	c.at++
}

// word moves over a literal.
func (c *cursor) word(w string) {
	if end := c.at + len(w); end > len(c.data) || string(c.data[c.at:end]) != w {
		c.fail("expected %s", w)
		return
	}
	c.at += len(w)
}

// null moves over a null, if there is one.
func (c *cursor) null() bool {
	if c.peek() != 'n' {
		return false
	}
	c.word("null")
	return true
}

// open begins an object or a list and tells whether it has a first element.
func (c *cursor) open(begin, end byte) bool {
	c.expect(begin)
	if c.depth++; c.depth > maxDepth {
		c.fail("nested too deeply")
	}
	return !c.closed(end)
}

// closed moves over the end of an object or list, if it is there.
func (c *cursor) closed(end byte) bool {
	if c.err == nil && c.peek() != end {
		return false
	}
	if c.err == nil {
		c.at++
	}
	c.depth--
	return true
}

// more moves over a comma, or the end.
func (c *cursor) more(end byte) bool {
	if c.closed(end) {
		return false
	}
	c.expect(',')
	return c.err == nil
}

// object calls field for each key of an object; field reads or skips the value. A null has no keys.
func (c *cursor) object(field func(key string)) {
	if c.null() {
		return
	}
	for more := c.open('{', '}'); more; more = c.more('}') {
		key := c.string()
		c.expect(':')
		if c.err == nil {
			field(key)
		}
	}
}

// list calls element for each element of a list. It tells whether there is a list at all, even an empty one.
func (c *cursor) list(element func()) (present bool) {
	if c.null() {
		return false
	}
	for more := c.open('[', ']'); more && c.err == nil; more = c.more(']') {
		element()
	}
	return c.err == nil
}

// raw skips a value and gives its text.
func (c *cursor) raw() []byte {
	c.peek()
	begin := c.at
	c.skip()
	if c.err != nil {
		return nil
	}
	return c.data[begin:c.at:c.at]
}

// skip moves over one value of any kind.
func (c *cursor) skip() {
	switch b := c.peek(); {
	case b == '{':
		for more := c.open('{', '}'); more; more = c.more('}') {
			c.token()
			c.expect(':')
			c.skip()
		}
	case b == '[':
		for more := c.open('[', ']'); more && c.err == nil; more = c.more(']') {
			c.skip()
		}
	case b == '"':
		c.token()
	case b == 't':
		c.word("true")
	case b == 'f':
		c.word("false")
	case b == 'n':
		c.word("null")
	case b == '-' || isDigit(b):
		c.number()
	default:
		c.fail("expected a value")
	}
}

// token moves over a string and gives it with its quotes; plain tells that it stands for itself.
func (c *cursor) token() (quoted []byte, plain bool) {
	if c.peek() != '"' {
		c.fail("expected a string")
		return nil, false
	}
	plain = true
	for i := c.at + 1; i < len(c.data); i++ {
		switch b := c.data[i]; {
		case b == '"':
			quoted, c.at = c.data[c.at:i+1], i+1
			return quoted, plain
		case b == '\\':
			if i++; i >= len(c.data) || !c.escape(i) {
				c.fail("a string has a bad escape")
				return nil, false
			}
			plain = false
		case b < ' ':
			c.fail("a string has a control character")
			return nil, false
		case b >= utf8.RuneSelf:
			plain = false
		}
	}
	c.fail("a string has no end")
	return nil, false
}

// escape tells whether a legal escape stands at i, after the backslash.
func (c *cursor) escape(i int) bool {
	switch c.data[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for j := 1; j <= 4; j++ {
			if i+j >= len(c.data) || !isHex(c.data[i+j]) {
				return false
			}
		}
		return true
	}
	return false
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
func isHex(b byte) bool   { return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' }

// number moves over a number and gives it.
func (c *cursor) number() []byte {
	c.peek()
	begin := c.at
	c.optional("-")
	switch {
	case c.optional("0"):
	case !c.digits():
		c.fail("expected a number")
		return nil
	}
	if c.optional(".") && !c.digits() {
		c.fail("a number ends at its point")
	}
	if c.optional("eE") {
		c.optional("+-")
		if !c.digits() {
			c.fail("a number has no exponent")
		}
	}
	return c.data[min(begin, c.at):c.at]
}

// optional moves over one byte of a set.
func (c *cursor) optional(set string) bool {
	for i := range len(set) {
		if c.at < len(c.data) && c.data[c.at] == set[i] {
			c.at++
			return true
		}
	}
	return false
}

func (c *cursor) digits() bool {
	begin := c.at
	for c.at < len(c.data) && isDigit(c.data[c.at]) {
		c.at++
	}
	return c.at > begin
}

// text reads a string; a null is empty.
func (c *cursor) text() string {
	if c.null() {
		return ""
	}
	return c.string()
}

// string reads a string.
func (c *cursor) string() string {
	token, plain := c.token()
	switch {
	case c.err != nil:
		return ""
	case plain:
		return string(token[1 : len(token)-1])
	}
	s, ok := unescape(token[1 : len(token)-1])
	if ok {
		return s
	}
	if err := json.Unmarshal(token, &s); err != nil {
		c.fail("%w", err)
	}
	return s
}

// unescape resolves the escapes of one character in valid UTF-8. The rest is left to the standard library.
func unescape(quoted []byte) (string, bool) {
	if !utf8.Valid(quoted) {
		return "", false
	}
	out := make([]byte, 0, len(quoted))
	for i := 0; i < len(quoted); i++ {
		if quoted[i] != '\\' {
			out = append(out, quoted[i])
			continue
		}
		i++
		b, ok := escaped(quoted[i])
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), true
}

func escaped(b byte) (byte, bool) {
	switch b {
	case '"', '\\', '/':
		return b, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// textPointer reads a string, nil for null.
func (c *cursor) textPointer() *string {
	if c.null() {
		return nil
	}
	s := c.text()
	return &s
}

// integer reads a whole number of that many bits, nil for null.
func (c *cursor) integer(bits int) *int64 {
	if c.null() {
		return nil
	}
	n, err := strconv.ParseInt(string(c.number()), 10, bits)
	if err != nil {
		c.fail("expected a whole number of %d bits", bits)
	}
	return &n
}

func (c *cursor) int32() *int32 {
	n := c.integer(32)
	if n == nil {
		return nil
	}
	short := int32(*n)
	return &short
}

// boolean reads true or false, nil for null.
func (c *cursor) boolean() *bool {
	if c.null() {
		return nil
	}
	yes := c.peek() == 't'
	if yes {
		c.word("true")
	} else {
		c.word("false")
	}
	return &yes
}

// texts reads an object whose values are strings, nil for null.
func (c *cursor) texts() map[string]string {
	if c.null() {
		return nil
	}
	m := map[string]string{}
	c.object(func(key string) { m[key] = c.text() })
	return m
}

// end checks that nothing follows.
func (c *cursor) end() error {
	if c.err == nil && c.peek() != 0 {
		c.fail("expected the end")
	}
	if c.err == nil && c.at < len(c.data) {
		return errors.New("a NUL byte follows the object")
	}
	return c.err
}
