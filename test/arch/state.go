package arch

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// packageState finds package variables of the module that change after their declaration: assigned to (through an index,
// a field or a pointer too), handed to something that changes its argument, having their address taken, or of a type that
// is made for changing (those of sync and sync/atomic). A map that was first copied into a local variable escapes it.
func packageState(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("policies", "webhook", "controller", "cmd") {
		findings = append(findings, mutableTypes(code, pkg)...)
		pkg.inspect(func(node ast.Node) {
			for _, target := range mutated(pkg, node) {
				if name, ok := packageVariable(code, pkg, target); ok {
					findings = append(findings, code.finding(target.Pos(), "package variable %s must not change", name))
				}
			}
		})
	}
	return findings
}

// mutated gives the expressions whose value a node changes, or lets others change.
func mutated(pkg *Package, node ast.Node) []ast.Expr {
	switch n := node.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.SendStmt:
		return []ast.Expr{n.Chan}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		return mutatedByCall(pkg, n)
	}
	return nil
}

// mutatedByCall knows the built-ins and the standard library's functions that change their first argument, and methods
// with a pointer receiver, which may change what they are called on.
func mutatedByCall(pkg *Package, call *ast.CallExpr) []ast.Expr {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if b, ok := pkg.Info.Uses[fun].(*types.Builtin); ok && slices.Contains([]string{"clear", "copy", "delete", "close"}, b.Name()) {
			return call.Args[:1]
		}
	case *ast.SelectorExpr:
		if f, ok := pkg.Info.Uses[fun.Sel].(*types.Func); ok && f.Pkg() != nil && changesFirst(f.Pkg().Path(), f.Name()) && len(call.Args) > 0 {
			return call.Args[:1]
		}
		if s, ok := pkg.Info.Selections[fun]; ok && s.Kind() == types.MethodVal && takesAddress(s) {
			return []ast.Expr{fun.X}
		}
	}
	return nil
}

func changesFirst(path, name string) bool {
	prefixes := map[string][]string{
		"slices": {"Sort", "Reverse", "Delete", "Insert", "Compact", "Replace"},
		"sort":   {"Sort", "Stable", "Slice", "Ints", "Strings", "Float64s"},
		"maps":   {"Copy", "Delete", "Insert"},
	}[path]
	return slices.ContainsFunc(prefixes, func(prefix string) bool {
		return strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, "Sorted") && name != "SliceIsSorted"
	})
}

// takesAddress says whether a method call takes the address of a variable: a pointer receiver called on a value.
func takesAddress(s *types.Selection) bool {
	f, ok := s.Obj().(*types.Func)
	if !ok {
		return false
	}
	_, onPointer := s.Recv().Underlying().(*types.Pointer)
	_, wantsPointer := types.Unalias(f.Signature().Recv().Type()).(*types.Pointer)
	return wantsPointer && !onPointer
}

// packageVariable finds the variable at the root of an expression and says whether it is a package variable of the module.
func packageVariable(code *Code, pkg *Package, expr ast.Expr) (string, bool) {
	ident := rootIdent(pkg, expr)
	if ident == nil {
		return "", false
	}
	v, ok := pkg.Info.Uses[ident].(*types.Var)
	if !ok || v.IsField() || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return "", false
	}
	if _, own := code.own(v.Pkg().Path()); !own {
		return "", false
	}
	return v.Name(), true
}

func rootIdent(pkg *Package, expr ast.Expr) *ast.Ident {
	switch e := expr.(type) {
	case *ast.Ident:
		return e
	case *ast.ParenExpr:
		return rootIdent(pkg, e.X)
	case *ast.StarExpr:
		return rootIdent(pkg, e.X)
	case *ast.IndexExpr:
		return rootIdent(pkg, e.X)
	case *ast.SliceExpr:
		return rootIdent(pkg, e.X)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			if _, isPackage := pkg.Info.Uses[x].(*types.PkgName); isPackage {
				return e.Sel
			}
		}
		return rootIdent(pkg, e.X)
	}
	return nil
}

// mutableTypes finds package variables of types that exist to be changed.
func mutableTypes(code *Code, pkg *Package) []Finding {
	var findings []Finding
	scope := pkg.Types.Scope()
	for _, name := range scope.Names() {
		v, ok := scope.Lookup(name).(*types.Var)
		if !ok || !pkg.has(v.Pos()) {
			continue
		}
		t := v.Type()
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		named, ok := types.Unalias(t).(*types.Named)
		if !ok || named.Obj().Pkg() == nil || !slices.Contains([]string{"sync", "sync/atomic"}, named.Obj().Pkg().Path()) {
			continue
		}
		findings = append(findings, code.finding(v.Pos(), "package variable %s must not change, which is what a %s is for", name, named))
	}
	return findings
}

// has says whether a position is in one of the package's files that are looked at.
func (p *Package) has(pos token.Pos) bool {
	return slices.ContainsFunc(p.Files, func(f *ast.File) bool { return f.FileStart <= pos && pos < f.FileEnd })
}
