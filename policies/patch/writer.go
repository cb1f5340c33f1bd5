package patch

import (
	"slices"
	"strconv"
	"strings"
)

// writer collects operations: first what is added and replaced, in the order of the rules; then what is removed, last
// elements first, so that indices stay true; the stamp at the end. What is added under the same missing parent becomes one
// operation.
type writer struct {
	ops []Op
	// roots finds the operation that makes a missing parent.
	roots   map[string]int
	removed []string
	stamp   []Op
}

// add puts a value below an existing parent. "-" as the last step appends to a list.
func (w *writer) add(parent string, below []string, v any) {
	root := parent + "/" + escape(below[0])
	if len(below) == 1 {
		w.ops = append(w.ops, Op{Op: "add", Path: root, Value: v})
		return
	}
	if i, ok := w.roots[root]; ok {
		w.ops[i].Value = merge(w.ops[i].Value, below[1:], v)
		return
	}
	if w.roots == nil {
		w.roots = map[string]int{}
	}
	w.roots[root] = len(w.ops)
	w.ops = append(w.ops, Op{Op: "add", Path: root, Value: merge(nil, below[1:], v)})
}

// merge puts v into a value that is being built.
func merge(into any, below []string, v any) any {
	if len(below) == 0 {
		return v
	}
	if below[0] == "-" {
		list, _ := into.([]any)
		return append(list, merge(nil, below[1:], v))
	}
	m, ok := into.(map[string]any)
	if !ok {
		m = map[string]any{}
	}
	m[below[0]] = merge(m[below[0]], below[1:], v)
	return m
}

func (w *writer) replace(at string, v any) {
	w.ops = append(w.ops, Op{Op: "replace", Path: at, Value: v})
}

func (w *writer) remove(at string) { w.removed = append(w.removed, at) }

// all gives the operations in their order.
func (w *writer) all() []Op {
	slices.SortFunc(w.removed, func(a, b string) int { return -comparePointers(a, b) })
	ops := w.ops
	for _, at := range slices.Compact(w.removed) {
		ops = append(ops, Op{Op: "remove", Path: at})
	}
	return append(ops, w.stamp...)
}

// comparePointers orders JSON pointers, indices by number.
func comparePointers(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, "/")
		y, b, _ = strings.Cut(b, "/")
		if x == y {
			continue
		}
		m, errM := strconv.Atoi(x)
		n, errN := strconv.Atoi(y)
		if errM == nil && errN == nil {
			return m - n
		}
		return strings.Compare(x, y)
	}
	return strings.Compare(a, b)
}
