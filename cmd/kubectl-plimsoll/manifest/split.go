package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// split cuts a file into the texts of its documents. Put together again they are the file.
func split(text []byte) []string {
	if parts, err := splitJSON(text); err == nil {
		return parts
	}
	return splitYAML(string(text))
}

// splitYAML cuts before every marker "---", but for the one that only ends the comments and directives at the top.
func splitYAML(text string) []string {
	var parts []string
	start, at, open := 0, 0, true
	for line := range strings.Lines(text) {
		if isMarker(line) {
			if !open {
				parts = append(parts, text[start:at])
				start = at
			}
			open = false
		} else if open && !isPrologue(line) {
			open = false
		}
		at += len(line)
	}
	return append(parts, text[start:])
}

// isMarker tells whether a line begins a document.
func isMarker(line string) bool {
	rest, ok := strings.CutPrefix(line, "---")
	return ok && (rest == "" || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// isPrologue tells whether a line can stand before the first marker without being content.
func isPrologue(line string) bool {
	line = strings.TrimSpace(strings.TrimPrefix(line, "\uFEFF"))
	return line == "" || line[0] == '#' || line[0] == '%'
}

// splitJSON cuts a stream of JSON objects. An error means that it is none.
func splitJSON(text []byte) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var parts []string
	start := int64(0)
	for {
		var object map[string]json.RawMessage
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) && len(parts) > 0 {
			parts[len(parts)-1] += string(text[start:])
			return parts, nil
		}
		if err != nil {
			return nil, err
		}
		end := decoder.InputOffset()
		parts = append(parts, string(text[start:end]))
		start = end
	}
}

// says tells whether a document holds anything but comments and markers.
func says(text string) bool {
	for line := range strings.Lines(text) {
		switch {
		case isPrologue(line), strings.HasPrefix(line, "..."):
		case isMarker(line) && isPrologue(line[3:]):
		default:
			return true
		}
	}
	return false
}
