package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

// Format is how manifests are written.
type Format string

// The formats. AsIs: each document as it came.
const (
	AsIs Format = ""
	YAML Format = "yaml"
	JSON Format = "json"
)

// Text is the file, byte for byte.
func (f *File) Text() []byte {
	var out bytes.Buffer
	for _, d := range f.Documents {
		out.Write(d.Text)
	}
	return out.Bytes()
}

// Texts are the texts of its documents.
func (f *File) Texts() []string {
	var all []string
	for _, d := range f.Documents {
		all = append(all, string(d.Text))
	}
	return all
}

// Join writes files as one stream of documents.
func Join(files []*File, format Format) ([]byte, error) {
	if format == JSON {
		return joinJSON(files)
	}
	var out bytes.Buffer
	for _, f := range files {
		text, err := f.in(format)
		if err != nil {
			return nil, err
		}
		if out.Len() > 0 {
			if !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
				out.WriteByte('\n')
			}
			if !beginsDocument(text) {
				out.WriteString("---\n")
			}
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// beginsDocument tells whether a text has a marker before its first content.
func beginsDocument(text []byte) bool {
	for line := range bytes.Lines(text) {
		if isMarker(string(line)) {
			return true
		}
		if !isPrologue(string(line)) {
			return false
		}
	}
	return true // nothing but comments
}

// in gives the file as it is, or its JSON documents as YAML.
func (f *File) in(format Format) ([]byte, error) {
	if format == AsIs {
		return f.Text(), nil
	}
	var out bytes.Buffer
	for _, d := range f.Documents {
		if !json.Valid(d.Text) {
			out.Write(d.Text)
			continue
		}
		text, err := yaml.JSONToYAML(d.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.Where(), err)
		}
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// joinJSON writes all objects as JSON: one as it is, several as a List, as kubectl does.
func joinJSON(files []*File) ([]byte, error) {
	var items []json.RawMessage
	for _, f := range files {
		for _, d := range f.Documents {
			if d.Number == 0 {
				continue
			}
			raw, err := yaml.YAMLToJSON(d.Text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", d.Where(), err)
			}
			items = append(items, raw)
		}
	}
	var all any = map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
	if len(items) == 1 {
		all = items[0]
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "    ")
	err := encoder.Encode(all)
	return out.Bytes(), err
}
