package yamledit

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// extent finds the offset behind a value that ends where the text alone can tell: an alias, a quoted or plain scalar of one
// line, or a map or list in brackets. -1 where it cannot, and for values with an anchor or a tag, which begin before.
func (d *document) extent(n *yaml.Node, flow bool) int {
	start := d.offset(n)
	switch {
	case n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Kind == yaml.AliasNode:
		return -1
	case n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode:
		if block(n) {
			return -1
		}
		return bracketEnd(d.text, start)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return -1
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return quoteEnd(d.text, start)
	case n.Value == "":
		return start
	}
	end := start + plainLength(d.text[start:], flow)
	if d.text[start:end] != n.Value {
		return -1 // of several lines
	}
	return end
}

// plainLength is the length of a plain scalar on its first line.
func plainLength(text string, flow bool) int {
	end := len(text)
	stops := []string{"\n", " #", ": ", ":\n"}
	if flow {
		stops = append(stops, ",", "]", "}")
	}
	for _, stop := range stops {
		if i := strings.Index(text, stop); i >= 0 {
			end = min(end, i)
		}
	}
	return len(strings.TrimRight(text[:end], " \t\r"))
}

// quoteEnd is the offset behind a quoted scalar that begins at start.
func quoteEnd(text string, start int) int {
	quote := text[start]
	for i := start + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// bracketEnd is the offset behind a map or list in brackets that begins at start.
func bracketEnd(text string, start int) int {
	depth := 0
	for i := start; i < len(text); i++ {
		switch c := text[i]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case (c == '"' || c == '\'') && strings.ContainsRune("{[,: \t\n", rune(text[i-1])):
			if i = quoteEnd(text, i) - 1; i < 0 {
				return -1
			}
		case c == '#' && strings.ContainsRune(" \t\n", rune(text[i-1])):
			i += max(strings.IndexByte(text[i:], '\n'), 0)
		}
	}
	return -1
}
