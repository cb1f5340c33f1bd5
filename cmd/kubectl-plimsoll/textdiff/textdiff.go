// Package textdiff shows what changed between two texts.
package textdiff

import (
	"fmt"
	"io"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Unified gives the unified diff of two versions of a file, empty where they are the same. Both are given in as many parts:
// documents of a file resemble each other, and compared as a whole one would be taken for another. The headers are such that
// `patch -p0` takes it.
func Unified(name string, before, after []string) (string, error) {
	var edits []udiff.Edit
	offset := 0
	for i := range before {
		edits = append(edits, compare(before[i], after[i], offset)...)
		offset += len(before[i])
	}
	if len(edits) == 0 {
		return "", nil
	}
	text, err := udiff.ToUnified(name, name, strings.Join(before, ""), edits, udiff.DefaultContextLines)
	if err != nil {
		return "", fmt.Errorf("comparing %s: %w", name, err)
	}
	return text, nil
}

// Changed gives the lines of two texts, those that differ marked by + and -, without places and headers: for texts short
// enough to be shown whole.
func Changed(before, after string) (string, error) {
	text, err := Unified("text", []string{before}, []string{after})
	if err != nil {
		return "", err
	}
	_, text, _ = strings.Cut(text, "\n")
	_, text, _ = strings.Cut(text, "\n")
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "@@ ") {
			b.WriteString(line)
		}
	}
	return b.String(), nil
}

// The colours, as kubectl's and git's.
const (
	bold  = "\x1b[1m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	reset = "\x1b[0m"
)

// maxWidth is how much of a line is shown in colours: they are for people, and nobody reads a stamp of a thousand letters.
const maxWidth = 160

// Print writes a diff: as it is, or for people, in colours.
func Print(w io.Writer, text string, colours Colours) error {
	if !colours {
		_, err := io.WriteString(w, text)
		return err
	}
	for line := range strings.Lines(text) {
		body, end := strings.TrimSuffix(line, "\n"), "\n"
		if letters := []rune(body); len(letters) > maxWidth {
			body = string(letters[:maxWidth]) + "…"
		}
		if c := colourOf(body); c != "" {
			body = c + body + reset
		}
		if _, err := fmt.Fprint(w, body, end); err != nil {
			return err
		}
	}
	return nil
}

// Colours tells whether to use colours.
type Colours bool

func colourOf(line string) string {
	switch {
	case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		return bold
	case strings.HasPrefix(line, "@@ "):
		return cyan
	case strings.HasPrefix(line, "-"):
		return red
	case strings.HasPrefix(line, "+"):
		return green
	}
	return ""
}
