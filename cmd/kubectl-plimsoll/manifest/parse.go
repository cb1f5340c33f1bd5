package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Parse reads the text of a file. The error names the file, the document and the line.
func Parse(name string, text []byte) (*File, error) {
	file := &File{Name: name}
	line, number := 1, 0
	for _, part := range split(text) {
		d := &Document{File: name, Line: line, Text: []byte(part)}
		if says(part) {
			number++
			d.Number = number
			d.Line += leading(part)
		}
		line += strings.Count(part, "\n")
		file.Documents = append(file.Documents, d)
	}
	for _, d := range file.Documents {
		d.Only = number == 1
		if d.Number == 0 {
			continue
		}
		if err := d.parse(); err != nil {
			return nil, fmt.Errorf("%s: %w", d.Where(), err)
		}
	}
	return file, nil
}

// leading counts the lines before the first one that says something.
func leading(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if says(line) {
			break
		}
		n++
	}
	return n
}

// parse finds the objects of the document. Where a workload is among them, the document must be unambiguous.
func (d *Document) parse() error {
	raw, err := yaml.YAMLToJSON(d.Text)
	if err != nil {
		return d.readable(err)
	}
	d.Objects, err = d.objects(raw, "", 0)
	if err != nil {
		return err
	}
	for i := range d.Objects {
		if d.Objects[i].Kind != subject.Other {
			_, err = yaml.YAMLToJSONStrict(d.Text)
			return d.readable(err)
		}
	}
	return nil
}

// readable says what the parser says, with the line of the file in the place of the document's.
func (d *Document) readable(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, noise := range []string{"error converting YAML to JSON: ", "yaml: ", "unmarshal errors:", "\n "} {
		text = strings.ReplaceAll(text, noise, "")
	}
	text = regexp.MustCompile(`line \d+`).ReplaceAllStringFunc(text, func(s string) string {
		n, _ := strconv.Atoi(strings.TrimPrefix(s, "line "))
		return fmt.Sprintf("line %d", n+d.Line-1-leading(string(d.Text)))
	})
	if bytes.Contains(d.Text, []byte("{{")) {
		text += "; this looks like a template: render it first, as with helm template"
	}
	return errors.New("not valid YAML: " + strings.TrimSpace(text))
}

// maxDepth bounds lists in lists.
const maxDepth = 8

// objects lists the object at the pointer, or, where it is a list, its items.
func (d *Document) objects(raw []byte, pointer string, depth int) ([]Object, error) {
	if err := checkStrings(raw); err != nil {
		return nil, err
	}
	var head struct {
		Header
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, notAnObject(err)
	}
	if head.Items == nil || !strings.HasSuffix(head.KindName, "List") {
		kind := subject.KindOf(head.APIVersion, head.KindName)
		return []Object{{Header: head.Header, Pointer: pointer, Kind: kind, JSON: raw, Document: d}}, nil
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("lists in lists; legal are %d levels", maxDepth)
	}
	var all []Object
	for i, item := range head.Items {
		inner, err := d.objects(item, fmt.Sprintf("%s/items/%d", pointer, i), depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

// notAnObject says what is wrong with a document that has not the shape of an object.
func notAnObject(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return fmt.Errorf("not an object: %w", err)
	case wrong.Field == "" || wrong.Field == "Header":
		return fmt.Errorf("not a Kubernetes object but a %s; legal is a map with apiVersion, kind and metadata", inYAML(wrong.Value))
	default:
		return fmt.Errorf("%s: is a %s; legal is a %s",
			strings.TrimPrefix(wrong.Field, "Header."), inYAML(wrong.Value), inYAML(wrong.Type.Kind().String()))
	}
}

// inYAML is what YAML calls a type of JSON or of Go.
func inYAML(name string) string {
	switch name {
	case "array", "slice":
		return "list"
	case "object", "struct":
		return "map"
	}
	return name
}
