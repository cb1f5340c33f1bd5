package arch

import (
	"go/ast"
	"go/types"
	"slices"
)

// clockFuncs are the functions that read a clock or wait for one, by package.
func clockFuncs() map[string][]string {
	return map[string][]string{
		"time": {
			"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep",
		},
		"k8s.io/apimachinery/pkg/apis/meta/v1": {"Now", "NowMicro"},
		"context":                              {"WithTimeout", "WithDeadline", "WithTimeoutCause", "WithDeadlineCause"},
	}
}

// coreClock finds uses of the clock in the core: calls, and functions passed on without being called.
func coreClock(code *Code) []Finding {
	clocks := clockFuncs()
	var findings []Finding
	for _, pkg := range code.under("policies") {
		pkg.inspect(func(node ast.Node) {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return
			}
			f, ok := pkg.Info.Uses[selector.Sel].(*types.Func)
			if !ok || f.Pkg() == nil || f.Signature().Recv() != nil {
				return
			}
			if slices.Contains(clocks[f.Pkg().Path()], f.Name()) {
				findings = append(findings, code.finding(selector.Pos(), "the core must not use %s.%s: time is an argument",
					f.Pkg().Name(), f.Name()))
			}
		})
	}
	return findings
}

// coreGoroutines finds go statements in the core.
func coreGoroutines(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("policies") {
		pkg.inspect(func(node ast.Node) {
			if statement, ok := node.(*ast.GoStmt); ok {
				findings = append(findings, code.finding(statement.Pos(), "the core must not start a goroutine"))
			}
			if call, ok := node.(*ast.CallExpr); ok && pkg.calls(call, "sync", "Go") {
				findings = append(findings, code.finding(call.Pos(), "the core must not start a goroutine"))
			}
		})
	}
	return findings
}

// calls says whether a call is of a method or function of that package and name.
func (p *Package) calls(call *ast.CallExpr, path, name string) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := p.Info.Uses[selector.Sel].(*types.Func)
	return ok && f.Name() == name && f.Pkg() != nil && f.Pkg().Path() == path
}

// inspect visits every node of the package, tests left out.
func (p *Package) inspect(visit func(ast.Node)) {
	for _, file := range p.Files {
		ast.Inspect(file, func(node ast.Node) bool {
			if node != nil {
				visit(node)
			}
			return true
		})
	}
}
