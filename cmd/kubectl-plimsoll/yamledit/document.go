package yamledit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// document is a parsed text: the nodes know where they begin, order says where they end.
type document struct {
	text string
	// starts are the offsets of the lines.
	starts []int
	root   *yaml.Node
	// next is the line on which something begins that comes after a node and all below it.
	next map[*yaml.Node]int
	// eol is how lines end, step the width of one level, compact whether lists stand at the column of their key.
	eol     string
	step    int
	compact bool
}

func parse(text string) (*document, error) {
	var top yaml.Node
	if err := yaml.Unmarshal([]byte(text), &top); err != nil {
		return nil, err
	}
	if top.Kind != yaml.DocumentNode || top.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the document is not a mapping")
	}
	d := &document{text: text, root: top.Content[0], next: map[*yaml.Node]int{}, eol: "\n", step: 2, compact: true}
	if strings.Contains(text, "\r\n") {
		d.eol = "\r\n"
	}
	d.findLines()
	d.findEnds(d.root, d.lastLine()+1)
	d.findLayout()
	return d, nil
}

func (d *document) findLines() {
	d.starts = []int{0}
	for i := range len(d.text) {
		if d.text[i] == '\n' && i+1 < len(d.text) {
			d.starts = append(d.starts, i+1)
		}
	}
}

// lastLine is the last line of the document, its end marker left out. Lines count from 1, as they do in nodes.
func (d *document) lastLine() int {
	for n := len(d.starts); n > d.root.Line; n-- {
		if strings.HasPrefix(d.line(n), "...") {
			return n - 1
		}
	}
	return len(d.starts)
}

// line gives the text of a line, its end included.
func (d *document) line(n int) string { return d.text[d.starts[n-1]:d.after(n)] }

// after is the offset behind a line.
func (d *document) after(n int) int {
	if n < len(d.starts) {
		return d.starts[n]
	}
	return len(d.text)
}

// offset of a node's first character. Columns count characters, not bytes.
func (d *document) offset(n *yaml.Node) int {
	at, column := d.starts[n.Line-1], 1
	for i := range d.text[at:] {
		if column == n.Column {
			return at + i
		}
		column++
	}
	return len(d.text)
}

func (d *document) findEnds(n *yaml.Node, next int) {
	d.next[n] = next
	for _, child := range slices.Backward(n.Content) {
		d.findEnds(child, next)
		next = child.Line
	}
}

// findLayout learns from the first nested map how wide a level is, and from the first list where lists stand.
func (d *document) findLayout() {
	for i := 1; i < len(d.root.Content); i += 2 {
		if v := d.root.Content[i]; v.Kind == yaml.MappingNode && block(v) && column(v) > 1 {
			d.step = column(v) - 1
			break
		}
	}
	if list, key := firstList(d.root); list != nil {
		d.compact = list.Column == key.Column
	}
}

func firstList(n *yaml.Node) (list, key *yaml.Node) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && child.Kind == yaml.SequenceNode && block(child) {
			return child, n.Content[i-1]
		}
		if list, key = firstList(child); list != nil {
			return list, key
		}
	}
	return nil, nil
}

// block tells whether a map or list is written over lines, not in braces.
func block(n *yaml.Node) bool { return n.Style&yaml.FlowStyle == 0 }

// column of a block mapping's keys. The mapping itself begins with its anchor or tag, where it has one.
func column(m *yaml.Node) int {
	if len(m.Content) == 0 {
		return m.Column
	}
	return m.Content[0].Column
}

// end is the line behind the last one that belongs to a node whose entries stand at the indentation. Empty lines at the end
// do not belong to it, nor do comments further left: they speak of what comes next.
func (d *document) end(n *yaml.Node, indent int) int {
	line := d.next[n]
	for line-1 > n.Line && d.trails(line-1, indent) {
		line--
	}
	return line
}

func (d *document) trails(n, indent int) bool {
	line := d.line(n)
	trimmed := strings.TrimLeft(line, " ")
	return strings.TrimSpace(line) == "" || trimmed[0] == '#' && len(line)-len(trimmed) < indent
}

// walk finds a node by its path. It does not go through aliases: what hangs there stands elsewhere too.
func (d *document) walk(path []string) (*yaml.Node, error) {
	n := d.root
	for _, p := range path {
		child := d.child(n, p)
		if child == nil || child.Kind == yaml.AliasNode {
			return nil, fmt.Errorf("no way to %s", join(path))
		}
		n = child
	}
	return n, nil
}

func (d *document) child(n *yaml.Node, name string) *yaml.Node {
	switch n.Kind {
	case yaml.MappingNode:
		_, value := entry(n, name)
		return value
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

// entry finds a key in a mapping; both are nil where it has none.
func entry(m *yaml.Node, name string) (key, value *yaml.Node) {
	if i := keyIndex(m, name); i >= 0 {
		return m.Content[i], m.Content[i+1]
	}
	return nil, nil
}

// keyIndex is the position of a key in a mapping's content, its value the one behind it; -1 where there is none.
func keyIndex(m *yaml.Node, name string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == name {
			return i
		}
	}
	return -1
}
