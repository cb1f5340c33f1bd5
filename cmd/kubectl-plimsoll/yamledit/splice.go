package yamledit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// cut is a piece of the text that is replaced by another; an insertion where from and to are the same.
type cut struct {
	from, to int
	with     string
	// depth orders insertions at one place: what ends there innermost comes first.
	depth int
}

// splice edits the text in place.
func splice(text, before []byte, ops []patch.Op) ([]byte, error) {
	steps, err := plan(before, ops)
	if err != nil {
		return nil, err
	}
	bare := strings.TrimPrefix(string(text), byteOrderMark)
	d, err := parse(bare)
	if err != nil {
		return nil, err
	}
	var cuts []cut
	for _, s := range steps {
		c, err := d.cuts(s)
		if err != nil {
			return nil, err
		}
		cuts = append(cuts, c...)
	}
	edited, err := carry(bare, cuts)
	return []byte(string(text[:len(text)-len(bare)]) + edited), err
}

const byteOrderMark = "\uFEFF"

// carry carries the cuts out, refusing those that overlap.
func carry(text string, cuts []cut) (string, error) {
	slices.SortStableFunc(cuts, func(a, b cut) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.depth, a.depth))
	})
	var b strings.Builder
	at := 0
	for _, c := range cuts {
		if c.from < at {
			return "", errors.New("two changes of the same place")
		}
		b.WriteString(text[at:c.from])
		if c.from == c.to && c.from == len(text) && !strings.HasSuffix(b.String(), "\n") && strings.HasSuffix(c.with, "\n") {
			b.WriteString("\n") // the last line had no end
		}
		b.WriteString(c.with)
		at = c.to
	}
	b.WriteString(text[at:])
	return b.String(), nil
}

// cuts says what a step changes in the text.
func (d *document) cuts(s step) ([]cut, error) {
	parent, err := d.walk(s.path[:len(s.path)-1])
	if err != nil {
		return nil, err
	}
	last := s.path[len(s.path)-1]
	var cuts []cut
	switch {
	case parent.Kind == yaml.MappingNode:
		cuts, err = d.inMapping(parent, last, s)
	case parent.Kind == yaml.SequenceNode && s.op == "add":
		cuts, err = d.insertItem(parent, last, s.value)
	case parent.Kind == yaml.SequenceNode && s.op == "replace" && d.child(parent, last) != nil:
		cuts, err = d.replaceInline(d.child(parent, last), s.value, !block(parent))
	default:
		err = fmt.Errorf("%s of %s is not done in place", s.op, join(s.path))
	}
	for i := range cuts {
		cuts[i].depth = len(s.path)
	}
	return cuts, err
}

func (d *document) inMapping(m *yaml.Node, name string, s step) ([]cut, error) {
	key, value := entry(m, name)
	switch {
	case s.op == "remove" && key != nil && block(m):
		return d.removeEntry(m, key, value)
	case s.op == "remove":
		return nil, fmt.Errorf("remove of %s is not done in place", join(s.path))
	case key == nil && block(m):
		return d.addEntry(m, name, s.value)
	case key == nil:
		return d.addInline(m, map[string]any{name: s.value})
	case block(m) && (!scalar(s.value) || d.extent(value, false) < 0):
		return d.replaceBelow(m, key, value, s.value)
	default:
		return d.replaceInline(value, s.value, !block(m))
	}
}

// addEntry writes a key behind the last entry of a block mapping.
func (d *document) addEntry(m *yaml.Node, name string, value any) ([]cut, error) {
	indent := column(m) - 1
	text, err := d.encode(map[string]any{name: value}, indent)
	at := d.after(d.end(m, indent) - 1)
	return []cut{{from: at, to: at, with: text}}, err
}

// insertItem writes an item into a list, behind the last where the name is "-".
func (d *document) insertItem(list *yaml.Node, name string, value any) ([]cut, error) {
	if !block(list) {
		if name != "-" && name != strconv.Itoa(len(list.Content)) {
			return nil, errors.New("an item in the midst of a list in brackets")
		}
		return d.addInline(list, []any{value})
	}
	if list.Anchor != "" || list.Style&yaml.TaggedStyle != 0 {
		return nil, errors.New("a list whose dashes are not where it begins")
	}
	text, err := d.encode([]any{value}, list.Column-1)
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(name)
	if name == "-" || err == nil && i == len(list.Content) {
		at := d.after(d.end(list, list.Column) - 1)
		return []cut{{from: at, to: at, with: text}}, nil
	}
	if err != nil || i < 0 || i > len(list.Content) {
		return nil, fmt.Errorf("no item %s", name)
	}
	at := d.starts[list.Content[i].Line-1]
	return []cut{{from: at, to: at, with: text}}, nil
}

// removeEntry takes the lines of an entry out. What begins on the line of a list's dash, or is the only entry, is more than
// that.
func (d *document) removeEntry(m, key, value *yaml.Node) ([]cut, error) {
	start := d.starts[key.Line-1]
	if len(m.Content) == 2 || strings.TrimSpace(d.text[start:d.offset(key)]) != "" {
		return nil, errors.New("an entry that is more than its lines")
	}
	return []cut{{from: start, to: d.after(d.end(value, column(m)) - 1)}}, nil
}

// replaceBelow writes a map or list in the place of a value, on the lines below its key; or any value in the place of one
// that has several lines.
func (d *document) replaceBelow(m, key, value *yaml.Node, with any) ([]cut, error) {
	text, err := d.encode(map[string]any{key.Value: with}, column(m)-1)
	if err != nil {
		return nil, err
	}
	if to := d.extent(value, false); to >= 0 && !scalar(with) {
		return d.openUp(d.offset(value), to, text), nil
	}
	from := d.offset(key)
	return []cut{{from: from, to: d.after(d.end(value, column(m)) - 1), with: strings.TrimLeft(text, " ")}}, nil
}

// openUp replaces a value of one line by the lines that follow the first of text. A comment behind the value stays where
// it is: "key: {} # why" becomes "key: # why".
func (d *document) openUp(from, to int, text string) []cut {
	_, below, _ := strings.Cut(text, d.eol)
	at := len(d.text)
	if i := strings.IndexByte(d.text[to:], '\n'); i >= 0 {
		at = to + i + 1
	}
	from = len(strings.TrimRight(d.text[:from], " "))
	return []cut{{from: from, to: to}, {from: at, to: at, with: below}}
}

// replaceInline writes a value in the place of another on the same line.
func (d *document) replaceInline(value *yaml.Node, with any, flow bool) ([]cut, error) {
	to := d.extent(value, flow)
	if to < 0 {
		return nil, errors.New("a value of several lines")
	}
	text, err := Inline(with)
	from := d.offset(value)
	if from > 0 && d.text[from-1] == ':' {
		text = " " + text
	}
	return []cut{{from: from, to: to, with: text}}, err
}

// addInline writes the entries of a map or list before the closing bracket of another.
func (d *document) addInline(n *yaml.Node, entries any) ([]cut, error) {
	to := d.extent(n, true)
	if to < 0 {
		return nil, errors.New("a map in braces whose end is not found")
	}
	text, err := Inline(entries)
	if err != nil {
		return nil, err
	}
	text = text[1 : len(text)-1]
	inside := strings.TrimRight(d.text[:to-1], " \t\r\n")
	switch inside[len(inside)-1] {
	case '{', '[':
	case ',':
		text = " " + text
	default:
		text = ", " + text
	}
	return []cut{{from: len(inside), to: len(inside), with: text}}, nil
}

func scalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return isEmpty(v)
	}
	return true
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
