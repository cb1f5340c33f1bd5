package main

import (
	"encoding/xml"
	"fmt"
	"os"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	lineHeight = 19
	charWidth  = 8
	margin     = 20
)

// record draws the lines as a terminal window.
func record(path string, lines []string) error {
	columns := 0
	for _, line := range lines {
		columns = max(columns, len([]rune(line)))
	}
	var b strings.Builder
	width, height := columns*charWidth+2*margin, len(lines)*lineHeight+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="#10151c"/>`+"\n")
	fmt.Fprintf(&b, `<g font-size="13" fill="#d5dde8" xml:space="preserve" `+
		`font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace">`+"\n")
	for i, line := range lines {
		var text strings.Builder
		if err := xml.EscapeText(&text, []byte(line)); err != nil {
			return err
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d"%s>%s</text>`+"\n", margin, margin+(i+1)*lineHeight-5, colour(line), text.String())
	}
	b.WriteString("</g>\n</svg>\n")
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// colour gives titles and ticks their own colour.
func colour(line string) string {
	switch {
	case len(line) > 1 && line[0] >= '1' && line[0] <= '9' && line[1] == '.':
		return ` fill="#7fd1ff" font-weight="bold"`
	case strings.HasPrefix(strings.TrimSpace(line), "✓"), strings.Contains(line, " + "):
		return ` fill="#9be29b"`
	case strings.HasPrefix(strings.TrimSpace(line), "$"):
		return ` fill="#ffd580"`
	default:
		return ""
	}
}
