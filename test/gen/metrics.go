package main

import (
	"bytes"
	"cmp"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// metric is one metric as it stands in the code.
type metric struct {
	name, kind, help string
	labels           []string
}

// metrics reads the metrics where they are made: a call of one of Prometheus' constructors with the options in it.
func metrics(w *bytes.Buffer, root string) error {
	var all []metric
	for _, dir := range []string{"webhook", "controller", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if m, ok := metricOf(n); ok {
					all = append(all, m)
				}
				return true
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	if len(all) == 0 {
		return errors.New("no metrics found")
	}
	slices.SortFunc(all, func(a, b metric) int { return cmp.Compare(a.name, b.name) })
	if err := about(w, "metrics.md"); err != nil {
		return err
	}
	w.WriteString("\n")
	head(w, "metric", "type", "labels", "says")
	for _, m := range all {
		row(w, code(m.name), m.kind, labels(m.labels), m.help)
	}
	return nil
}

func labels(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "`" + strings.Join(names, "`, `") + "`"
}

func metricOf(n ast.Node) (metric, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return metric{}, false
	}
	constructor, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(constructor.Sel.Name, "New") {
		return metric{}, false
	}
	options, ok := call.Args[0].(*ast.CompositeLit)
	if !ok {
		return metric{}, false
	}
	m := metric{
		name: field(options, "Name"), help: field(options, "Help"),
		kind: strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(constructor.Sel.Name[3:], "Vec"), "Func")),
	}
	if len(call.Args) > 1 {
		m.labels = texts(call.Args[1])
	}
	return m, strings.HasPrefix(m.name, "plimsoll_")
}

// field is the text that a field of a literal has, empty where it has none.
func field(literal *ast.CompositeLit, name string) string {
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := pair.Key.(*ast.Ident); ok && key.Name == name {
			return strings.Join(texts(pair.Value), "")
		}
	}
	return ""
}

// texts are the string literals in an expression.
func texts(e ast.Expr) []string {
	var all []string
	ast.Inspect(e, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				all = append(all, text)
			}
		}
		return true
	})
	return all
}
