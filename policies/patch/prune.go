package patch

import (
	"slices"
	"strconv"
	"strings"
)

// prune removes what removals leave empty: where all elements of a list or members of an object go and none comes, it goes
// as a whole, and so on upwards. An empty affinity is not the same as none to everybody who reads it.
func (w *writer) prune(doc any) {
	for {
		parent, found := w.emptied(doc)
		if !found {
			return
		}
		w.removed = slices.DeleteFunc(w.removed, func(at string) bool { return parentOf(at) == parent })
		w.removed = append(w.removed, parent)
	}
}

// emptied finds an object or list of which nothing remains.
func (w *writer) emptied(doc any) (string, bool) {
	count := map[string]int{}
	for _, at := range w.removed {
		count[parentOf(at)]++
	}
	for _, at := range w.removed { // in order, so that the answer does not depend on the map's
		parent := parentOf(at)
		if size(resolve(doc, parent)) == count[parent] && !w.writesUnder(parent) {
			return parent, true
		}
	}
	return "", false
}

func (w *writer) writesUnder(parent string) bool {
	return slices.ContainsFunc(w.ops, func(op Op) bool { return strings.HasPrefix(op.Path, parent+"/") })
}

func parentOf(pointer string) string { return pointer[:max(0, strings.LastIndexByte(pointer, '/'))] }

// resolve follows a JSON pointer.
func resolve(doc any, pointer string) any {
	for _, step := range strings.Split(pointer, "/")[1:] {
		switch node := doc.(type) {
		case map[string]any:
			doc = node[unescape(step)]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			doc = node[i]
		default:
			return nil
		}
	}
	return doc
}

// unescape is the opposite of escape.
func unescape(step string) string {
	return strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
}

func size(v any) int {
	switch node := v.(type) {
	case map[string]any:
		return len(node)
	case []any:
		return len(node)
	}
	return -1
}
