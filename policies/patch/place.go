package patch

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	kjson "sigs.k8s.io/json"
)

// place is a place in the object that can have a value.
type place struct {
	// words is the path in words, as in Change.Path.
	words string
	// at is the JSON pointer to the value, now the value as text; both empty where there is none.
	at, now string
	// defaulted: the value is what the API server fills in where nobody says anything, so it is nobody's wish.
	defaulted bool
	// parent is the JSON pointer to the nearest ancestor that exists, below the way from there, "-" meaning one element more.
	parent string
	below  []string
}

func (p *place) filled() bool { return p.at != "" }

// value is what a place gets: as JSON, and as text. The text of a string is the string.
type value struct {
	json any
	text string
}

func textValue(s string) value  { return value{s, s} }
func numberValue(n int64) value { return value{n, strconv.FormatInt(n, 10)} }

// jsonValue is an object or list.
func jsonValue(v any) value {
	raw := marshal(v)
	return value{json.RawMessage(raw), string(raw)}
}

// marshal writes JSON for people to read: "&" stays "&". Values of the types in this package cannot fail to be written.
func marshal(v any) []byte {
	out := bytes.Buffer{}
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// same tells whether two texts stand for the same value.
func same(a, b string) bool {
	if a == b {
		return true
	}
	if !isDocument(a) || !isDocument(b) {
		return false
	}
	x, errX := decode([]byte(a))
	y, errY := decode([]byte(b))
	return errX == nil && errY == nil && equalJSON(x, y)
}

func isDocument(text string) bool {
	return strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")
}

// decode reads JSON of any shape. Whole numbers stay whole.
func decode(raw []byte) (v any, err error) {
	err = kjson.UnmarshalCaseSensitivePreserveInts(raw, &v)
	return v, err
}

// escape makes a key fit for a JSON pointer (RFC 6901).
func escape(key string) string {
	if !strings.ContainsAny(key, "~/") {
		return key
	}
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// inWords turns a JSON pointer without lists into words: "/spec/template" into "spec.template".
func inWords(pointer string) string {
	return strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", ".")
}

// member adds a key to a path in words: ".cpu", or "[example.com/gpu]" where a dot would mislead.
func member(key string) string {
	if strings.ContainsAny(key, "./[]") || key == "" {
		return "[" + key + "]"
	}
	return "." + key
}
