package arch

import (
	"go/ast"
	"path"
	"slices"
)

// noInit finds init functions, those of tests too.
func noInit(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.Packages {
		for _, file := range slices.Concat(pkg.Files, pkg.Tests) {
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if ok && f.Recv == nil && f.Name.Name == "init" {
					findings = append(findings, code.finding(f.Pos(), "no init functions: wire it in main"))
				}
			}
		}
	}
	return findings
}

// smallInterfaces finds interfaces of more than three methods, embedded ones' methods counted.
func smallInterfaces(code *Code) []Finding {
	const most = 3
	var findings []Finding
	for _, pkg := range code.under("policies", "webhook", "controller", "cmd") {
		pkg.inspect(func(node ast.Node) {
			spec, ok := node.(*ast.TypeSpec)
			if !ok {
				return
			}
			if _, ok := spec.Type.(*ast.InterfaceType); !ok {
				return
			}
			if n := methodCount(pkg, spec); n > most {
				findings = append(findings, code.finding(spec.Pos(), "interface %s has %d methods; %d are the most", spec.Name.Name, n, most))
			}
		})
	}
	return findings
}

// packageNames finds packages named after nothing in particular.
func packageNames(code *Code) []Finding {
	vague := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "types"}
	var findings []Finding
	for _, pkg := range code.under("policies", "webhook", "controller", "cmd") {
		if name := path.Base(pkg.Path); slices.Contains(vague, name) && len(pkg.Files) > 0 {
			findings = append(findings, code.finding(pkg.Files[0].Name.Pos(), "a package's name says what it provides; %q does not", name))
		}
	}
	return findings
}
