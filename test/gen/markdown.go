package main

import (
	"bytes"
	"fmt"
	"strings"
)

// row writes a row of a table.
func row(w *bytes.Buffer, cells ...string) {
	for _, cell := range cells {
		fmt.Fprintf(w, "| %s ", cellText(cell))
	}
	w.WriteString("|\n")
}

// head writes the first two rows of a table.
func head(w *bytes.Buffer, cells ...string) {
	row(w, cells...)
	w.WriteString(strings.Repeat("| --- ", len(cells)) + "|\n")
}

// cellText is a text on one line, with nothing in it that ends a cell.
func cellText(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

// code marks a text as code; an empty one stays empty.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// escaped is a text in which < begins no tag.
func escaped(text string) string { return strings.ReplaceAll(text, "<", "&lt;") }
