package arch

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// workloadWrites finds writes to workloads outside controller/actuate. It is a best effort over types: a call is a write
// when its method is named like one and it either takes a client.Object (controller-runtime's clients, and interfaces cut
// out of them) or belongs to one of client-go's clients. Outside actuate such a call must be given an object of a type
// that is known not to be a workload: Plimsoll's own kinds, and what mayWrite lists. An object whose type is not known
// where it is written (an interface, unstructured) may be a workload, and is a finding.
func workloadWrites(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("policies", "webhook", "controller", "cmd") {
		if pkg.in("controller/actuate") {
			continue
		}
		pkg.inspect(func(node ast.Node) {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return
			}
			if what, ok := writesWorkload(code, pkg, call); ok {
				findings = append(findings, code.finding(call.Pos(), "only controller/actuate may write workloads: this writes %s", what))
			}
		})
	}
	return findings
}

// mayWrite lists other people's kinds that may be written outside actuate. None of them is a workload.
func mayWrite() []string {
	return []string{
		"k8s.io/api/core/v1.Event", "k8s.io/api/events/v1.Event", "k8s.io/api/coordination/v1.Lease", "k8s.io/api/core/v1.Secret",
		"k8s.io/api/admissionregistration/v1.MutatingWebhookConfiguration",
	}
}

// writesWorkload says whether a call writes something that is, or may be, a workload, and what that is.
func writesWorkload(code *Code, pkg *Package, call *ast.CallExpr) (string, bool) {
	selector, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || !isWriteVerb(selector.Sel.Name) {
		return "", false
	}
	f, ok := pkg.Info.Uses[selector.Sel].(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return "", false
	}
	if client := clientOf(pkg.Info.TypeOf(selector.X)); client != "" {
		return "through " + client, !slices.Contains(harmlessClients(), client)
	}
	params := f.Signature().Params()
	for i := range min(params.Len(), len(call.Args)) {
		if !isClientObject(params.At(i).Type()) {
			continue
		}
		written := pkg.Info.TypeOf(call.Args[i])
		return "a " + types.TypeString(written, nil), !harmless(code, written)
	}
	return "", false
}

func isWriteVerb(method string) bool {
	return slices.ContainsFunc([]string{"Create", "Update", "Patch", "Delete", "Apply"}, func(verb string) bool {
		return strings.HasPrefix(method, verb)
	})
}

// clientOf names the client-go client that a value is: the typed ones of the kinds, the dynamic one, the one for scales.
func clientOf(t types.Type) string {
	path, name := typeName(t)
	for _, clients := range []string{"k8s.io/client-go/kubernetes/typed", "k8s.io/client-go/dynamic", "k8s.io/client-go/scale"} {
		if within(path, clients) {
			return strings.TrimPrefix(path, "k8s.io/client-go/") + "." + name
		}
	}
	return ""
}

func harmlessClients() []string {
	return []string{"kubernetes/typed/core/v1.EventInterface", "kubernetes/typed/coordination/v1.LeaseInterface"}
}

// isClientObject says whether a parameter is a client.Object, under this name or as the interface it stands for.
func isClientObject(t types.Type) bool {
	path, name := typeName(t)
	return path == "sigs.k8s.io/controller-runtime/pkg/client" && name == "Object"
}

func harmless(code *Code, t types.Type) bool {
	path, name := typeName(t)
	if own, ok := code.own(path); ok {
		return within(own, "policies/api")
	}
	return slices.Contains(mayWrite(), path+"."+name)
}

// typeName gives the package and name of a type, or of what it points to.
func typeName(t types.Type) (path, name string) {
	if t == nil {
		return "", ""
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == nil {
		return "", ""
	}
	return named.Obj().Pkg().Path(), named.Obj().Name()
}

// methodCount counts the methods of a declared interface, those of embedded interfaces too.
func methodCount(pkg *Package, spec *ast.TypeSpec) int {
	object, ok := pkg.Info.Defs[spec.Name]
	if !ok || object == nil {
		return 0
	}
	i, ok := object.Type().Underlying().(*types.Interface)
	if !ok {
		return 0
	}
	return i.NumMethods()
}
