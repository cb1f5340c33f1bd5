package yamledit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// encode writes a value as block YAML in the layout of the document, each line indented.
func (d *document) encode(value any, indent int) (string, error) {
	node, err := toNode(value)
	if err != nil {
		return "", err
	}
	text, err := encodeNode(node, d.step, d.compact)
	if err != nil {
		return "", err
	}
	margin := strings.Repeat(" ", indent)
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			b.WriteString(margin)
		}
		b.WriteString(strings.TrimSuffix(line, "\n"))
		b.WriteString(d.eol)
	}
	return b.String(), nil
}

func encodeNode(node *yaml.Node, step int, compact bool) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(step)
	if compact {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(node); err != nil {
		return "", fmt.Errorf("writing YAML: %w", err)
	}
	return out.String(), encoder.Close()
}

// Inline writes a value on one line, in braces where it is a map.
func Inline(value any) (string, error) {
	node, err := toNode(value)
	if err != nil {
		return "", err
	}
	walkNodes(node, func(n *yaml.Node) {
		switch {
		case n.Kind != yaml.ScalarNode:
			n.Style = yaml.FlowStyle
		case n.Style != 0 || strings.Contains(n.Value, "\n"):
			n.Style = yaml.DoubleQuotedStyle
		}
	})
	text, err := encodeNode(node, 2, true)
	text = strings.TrimSuffix(text, "\n")
	if strings.Contains(text, "\n") {
		return "", fmt.Errorf("%q has no form of one line", text)
	}
	return text, err
}

// toNode makes the node of a value. Keys are sorted, but for the name and the key, which people look for first.
func toNode(value any) (*yaml.Node, error) {
	node := &yaml.Node{}
	if err := node.Encode(value); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	walkNodes(node, func(n *yaml.Node) {
		toFront(n, "key")
		toFront(n, "name")
	})
	return node, nil
}

func walkNodes(n *yaml.Node, visit func(*yaml.Node)) {
	visit(n)
	for _, child := range n.Content {
		walkNodes(child, visit)
	}
}

// toFront makes a key the first of a mapping that has it.
func toFront(n *yaml.Node, key string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	if i := keyIndex(n, key); i > 0 {
		n.Content = slices.Concat(n.Content[i:i+2], n.Content[:i], n.Content[i+2:])
	}
}
