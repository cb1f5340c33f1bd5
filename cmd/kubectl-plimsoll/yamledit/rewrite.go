package yamledit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// rewrite patches the nodes and writes the document anew. Aliases and merge keys become what they stand for: what the patch
// says of one place must not change another.
func rewrite(text, _ []byte, ops []patch.Op) ([]byte, error) {
	d, err := parse(strings.TrimPrefix(string(text), byteOrderMark))
	if err != nil {
		return nil, err
	}
	root, err := expanded(d.root, 0)
	if err != nil {
		return nil, err
	}
	for _, op := range ops {
		s, err := newStep(op)
		if err != nil {
			return nil, err
		}
		if err := s.onNodes(root); err != nil {
			return nil, err
		}
	}
	out, err := encodeNode(root, d.step, d.compact)
	if strings.HasPrefix(strings.TrimLeft(d.text, "\n"), "---") {
		out = "---\n" + out
	}
	return []byte(out), err
}

// maxDepth keeps aliases that contain each other from being followed without end.
const maxDepth = 100

// expanded copies a node, aliases and merge keys replaced by what they stand for.
func expanded(n *yaml.Node, depth int) (*yaml.Node, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	if n.Kind == yaml.AliasNode {
		return expanded(n.Alias, depth+1)
	}
	out := *n
	out.Anchor, out.Content = "", nil
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && n.Content[i-i%2].Tag == "!!merge" {
			continue
		}
		c, err := expanded(child, depth+1)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, c)
	}
	return &out, merge(&out, n, depth)
}

// merge adds to a copied mapping what its merge keys bring and it has not itself.
func merge(out, n *yaml.Node, depth int) error {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			continue
		}
		sources := []*yaml.Node{n.Content[i+1]}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		for _, source := range sources {
			from, err := expanded(source, depth+1)
			if err != nil {
				return err
			}
			addMissing(out, from)
		}
	}
	return nil
}

func addMissing(out, from *yaml.Node) {
	for i := 0; i+1 < len(from.Content); i += 2 {
		if key, _ := entry(out, from.Content[i].Value); key == nil {
			out.Content = append(out.Content, from.Content[i], from.Content[i+1])
		}
	}
}

// onNodes carries the step out on a tree.
func (s step) onNodes(root *yaml.Node) error {
	d := document{root: root}
	parent, err := d.walk(s.path[:len(s.path)-1])
	if err != nil {
		return err
	}
	value, err := toNode(s.value)
	if err != nil {
		return err
	}
	last := s.path[len(s.path)-1]
	switch parent.Kind {
	case yaml.MappingNode:
		return s.onMapping(parent, last, value)
	case yaml.SequenceNode:
		return s.onSequence(parent, last, value)
	}
	return fmt.Errorf("%s is neither a map nor a list", join(s.path[:len(s.path)-1]))
}

func (s step) onMapping(m *yaml.Node, name string, value *yaml.Node) error {
	i := keyIndex(m, name)
	switch {
	case s.op == "remove" && i >= 0:
		m.Content = slices.Delete(m.Content, i, i+2)
	case s.op == "remove":
		return fmt.Errorf("no %s to remove", join(s.path))
	case i >= 0:
		m.Content[i+1] = value
	default:
		if len(m.Content) == 0 {
			m.Style = 0
		}
		key, err := toNode(name)
		if err != nil {
			return err
		}
		m.Content = append(m.Content, key, value)
	}
	return nil
}

func (s step) onSequence(list *yaml.Node, name string, value *yaml.Node) error {
	i, err := strconv.Atoi(name)
	if name == "-" {
		i, err = len(list.Content), nil
	}
	if err != nil || i < 0 || i > len(list.Content) || s.op != "add" && i == len(list.Content) {
		return fmt.Errorf("no item %s in %s", name, join(s.path[:len(s.path)-1]))
	}
	switch s.op {
	case "remove":
		list.Content = slices.Delete(list.Content, i, i+1)
	case "replace":
		list.Content[i] = value
	default:
		if len(list.Content) == 0 {
			list.Style = 0
		}
		list.Content = slices.Insert(list.Content, i, value)
	}
	return nil
}
