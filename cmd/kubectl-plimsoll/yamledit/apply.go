// Package yamledit carries out a JSON patch on the text of a YAML document, as a careful person with an editor would: lines
// that the patch does not speak of stay as they are, comments, order, quotes and indentation included.
package yamledit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/api/equality"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// Apply gives the text with the operations carried out. The text holds one document, in YAML or JSON; what comes back is in
// the same language. The result is proven: read back, it is what the patch makes of the object. Where the text cannot be
// edited in place (anchors that are shared, merge keys, unusual layout), the document is written anew, in its own order and
// with its comments.
func Apply(text []byte, ops []patch.Op) ([]byte, error) {
	if len(ops) == 0 {
		return text, nil
	}
	before, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return nil, fmt.Errorf("reading the document: %w", err)
	}
	after, err := applyJSON(before, ops)
	if err != nil {
		return nil, fmt.Errorf("patching the document: %w", err)
	}
	if IsJSON(text) {
		return applyToJSON(text, ops)
	}
	for _, way := range []func(text, before []byte, ops []patch.Op) ([]byte, error){splice, rewrite} {
		edited, err := way(text, before, ops)
		if err == nil && reads(edited, after) {
			return edited, nil
		}
	}
	return nil, errors.New("the layout of this document cannot be kept while it is changed; it may use anchors in an unusual way")
}

// reads tells whether the text says the same as the JSON.
func reads(text, want []byte) bool {
	got, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return false
	}
	var a, b any
	if utiljson.Unmarshal(got, &a) != nil || utiljson.Unmarshal(want, &b) != nil {
		return false
	}
	return equality.Semantic.DeepEqual(a, b)
}

func applyJSON(doc []byte, ops []patch.Op) ([]byte, error) {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(ops); err != nil {
		return nil, err
	}
	decoded, err := jsonpatch.DecodePatch(raw.Bytes())
	if err != nil {
		return nil, err
	}
	options := jsonpatch.NewApplyOptions()
	options.EscapeHTML = false
	return decoded.ApplyWithOptions(doc, options)
}

// IsJSON tells whether a document is written in JSON.
func IsJSON(text []byte) bool {
	trimmed := bytes.TrimSpace(text)
	return len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(trimmed)
}

// applyToJSON patches a JSON document and lays it out again with its own indentation. The order of keys is kept.
func applyToJSON(text []byte, ops []patch.Op) ([]byte, error) {
	body := bytes.TrimSpace(text)
	patched, err := applyJSON(body, ops)
	if err != nil {
		return nil, fmt.Errorf("patching the document: %w", err)
	}
	var out bytes.Buffer
	start := bytes.Index(text, body)
	out.Write(text[:start])
	if indent := jsonIndent(body); indent == "" {
		err = json.Compact(&out, patched)
	} else {
		err = json.Indent(&out, patched, "", indent)
	}
	if err != nil {
		return nil, fmt.Errorf("writing the document: %w", err)
	}
	out.Write(text[start+len(body):])
	return out.Bytes(), nil
}

// jsonIndent finds the indentation of one level: the space before the first key, if that is on a line of its own.
func jsonIndent(body []byte) string {
	rest := bytes.TrimLeft(body[1:], " \t\r")
	if len(rest) == 0 || rest[0] != '\n' {
		return ""
	}
	line := bytes.TrimLeft(rest, "\r\n")
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}
