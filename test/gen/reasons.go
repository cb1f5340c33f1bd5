package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// reasons reads the constants of policies/reason and their comments. Each const block is a section: the first sentence of its
// comment is the heading.
func reasons(w *bytes.Buffer, root string) error {
	if err := about(w, "reasons.md"); err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "policies", "reason", "reason.go"), nil, parser.ParseComments)
	if err != nil {
		return err
	}
	found := 0
	for _, d := range file.Decls {
		if block, ok := d.(*ast.GenDecl); ok && block.Tok == token.CONST {
			heading, rest, _ := strings.Cut(strings.TrimSpace(block.Doc.Text()), ":")
			fmt.Fprintf(w, "\n## %s\n\n", strings.TrimSuffix(oneLine(heading), "."))
			if rest != "" {
				fmt.Fprintf(w, "%s\n\n", title(oneLine(rest)))
			}
			head(w, "code", "means")
			found += reasonRows(w, block)
		}
	}
	if found == 0 {
		return errors.New("no reasons found")
	}
	return nil
}

func reasonRows(w *bytes.Buffer, block *ast.GenDecl) int {
	n := 0
	for _, s := range block.Specs {
		spec, ok := s.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 {
			continue
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			continue
		}
		text, err := strconv.Unquote(value.Value)
		if err != nil {
			continue
		}
		doc := oneLine(spec.Doc.Text())
		doc = strings.TrimPrefix(doc, spec.Names[0].Name+": ")
		row(w, code(text), title(doc))
		n++
	}
	return n
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
