// Package changes says to people what admission changes in an object.
package changes

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/yamledit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// Print writes a table of fields and what they become. Where a field's name would fill the line, its value stands below it.
func Print(w io.Writer, list []patch.Change, indent string) error {
	separator := "\t"
	for i := range list {
		if len(list[i].Path) > widePath {
			separator = "\n" + indent + "  "
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range list {
		if _, err := fmt.Fprintf(table, "%s%s%s%s\n", indent, list[i].Path, separator, value(&list[i])); err != nil {
			return err
		}
	}
	return table.Flush()
}

// widePath is the length from which on a path leaves too little of a line.
const widePath = 100

// maxWidth is how much of a value is shown: a list that is replaced as a whole can fill pages.
const maxWidth = 120

// value says what a field became.
func value(c *patch.Change) string {
	text := short(c.Path, c.To)
	if c.From != "" {
		text = short(c.Path, c.From) + " -> " + text
	}
	if letters := []rune(text); len(letters) > maxWidth {
		text = string(letters[:maxWidth]) + "…"
	}
	if c.Detail != "" {
		text += " (" + c.Detail + ")"
	}
	return text
}

// short writes a map without what its path says already: the value of "env[S3_ENDPOINT]" without its name.
func short(path, value string) string {
	var entries map[string]any
	if json.Unmarshal([]byte(value), &entries) != nil {
		return value
	}
	for _, key := range []string{"name", "mountPath"} {
		if entries[key] != nil && strings.HasSuffix(path, fmt.Sprintf("[%s]", entries[key])) {
			delete(entries, key)
		}
	}
	if only, ok := entries["value"].(string); ok && len(entries) == 1 {
		return only
	}
	text, err := yamledit.Inline(entries)
	if err != nil {
		return value
	}
	return text
}
