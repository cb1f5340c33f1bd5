package arch

import (
	"go/ast"
	"slices"
	"strings"
)

// arrow says what a package may import of the module. The first row that fits decides.
type arrow struct {
	from string   // a folder and all below it
	to   []string // folders, and all below them
}

// arrowTable is the diagram "Who may import whom" of the architecture. The leaves are open to the whole core; above them
// each package names what it stands on. A package of the core without a row is a finding: say here where it belongs.
func arrowTable() []arrow {
	leaves := []string{
		"policies/api/v1alpha1", "policies/reason", "policies/subject", "policies/nearest", "policies/trigger/calendar",
	}
	core := func(to ...string) []string { return append(to, leaves...) }
	return []arrow{
		{"policies/api/v1alpha1", nil},
		{"policies/api/keda/v1alpha1", nil},
		{"policies/reason", nil},
		{"policies/subject", nil},
		{"policies/nearest", nil},
		{"policies/trigger/calendar", nil},
		{"policies/sleep", nil},
		{"policies/trigger/keda", nil},
		{"policies/trigger", core("policies/trigger/keda")},
		{"policies/intent", core("policies/trigger")},
		{"policies/rules", core("policies/rules", "policies/intent")},
		{"policies/resolve", core("policies/rules", "policies/intent")},
		{"policies/patch", core("policies/intent")},
		{"policies/admit", core("policies/patch", "policies/resolve", "policies/rules", "policies/intent", "policies/trigger", "policies/scaling",
			"policies/jobs")},
		{"policies/scaling/window", core()},
		{"policies/scaling", core("policies/scaling", "policies/intent", "policies/trigger")},
		{"policies/jobs", core("policies/scaling", "policies/intent", "policies/trigger")},
		{"policies", nil},
		{"webhook", []string{"policies", "webhook"}},
		{"controller", []string{"policies", "controller"}},
		{"cmd", []string{"policies", "webhook", "controller", "cmd"}},
	}
}

// arrows checks every import of the module's own packages, tests left out.
func arrows(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("policies", "webhook", "controller", "cmd") {
		allowed := allowedFrom(pkg.Path)
		for _, path := range pkg.imports {
			own, ok := code.own(path)
			if !ok || own == pkg.Path || slices.ContainsFunc(allowed, func(to string) bool { return within(own, to) }) {
				continue
			}
			findings = append(findings, code.finding(pkg.importPos(path), "%s must not import %s; it may import: %s",
				pkg.Path, own, orNothing(allowed)))
		}
	}
	return findings
}

func allowedFrom(path string) []string {
	for _, row := range arrowTable() {
		if within(path, row.from) {
			return row.to
		}
	}
	return nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing of this module"
	}
	return strings.Join(names, ", ")
}

// coreBans are the packages, and all below them, that the core does not import itself. What the Kubernetes API machinery
// imports for its own purposes (it logs with klog, for one) cannot be helped, so this looks at direct imports.
func coreBans() []string {
	return []string{
		// clusters
		"k8s.io/client-go", "k8s.io/apiserver", "k8s.io/component-base", "sigs.k8s.io/controller-runtime",
		"k8s.io/apimachinery/pkg/util/wait", "k8s.io/apimachinery/pkg/watch",
		// logs and metrics
		"log", "k8s.io/klog", "github.com/go-logr", "go.uber.org/zap", "github.com/prometheus",
		// the world outside the process
		"net/http", "net/rpc", "net/smtp", "os", "io/ioutil", "syscall", "plugin", "database/sql", "flag", "testing",
		// clocks, dice and goroutines
		"k8s.io/utils/clock", "math/rand", "crypto/rand", "k8s.io/apimachinery/pkg/util/rand",
		"k8s.io/apimachinery/pkg/util/uuid", "github.com/google/uuid", "golang.org/x/sync",
		// back doors
		"unsafe", "C",
	}
}

// coreBansTransitive must not be in the core at all, whoever imports them.
func coreBansTransitive() []string {
	return []string{"k8s.io/client-go", "k8s.io/apiserver", "sigs.k8s.io/controller-runtime"}
}

// coreImports checks what the core imports of other people's packages.
func coreImports(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("policies") {
		for _, path := range pkg.imports {
			pos := pkg.importPos(path)
			if path == "net" || matchesAny(path, coreBans()) {
				findings = append(findings, code.finding(pos, "%s must not import %s", pkg.Path, path))
				continue
			}
			if _, own := code.own(path); own {
				continue // it has its own line
			}
			if i := slices.IndexFunc(code.depsOf(path), banned(coreBansTransitive())); i >= 0 {
				findings = append(findings, code.finding(pos, "%s must not import %s, which brings in %s",
					pkg.Path, path, code.depsOf(path)[i]))
			}
		}
	}
	return findings
}

func (c *Code) depsOf(path string) []string {
	if l, ok := c.deps[path]; ok {
		return l.Deps
	}
	return nil
}

func matchesAny(path string, bans []string) bool { return banned(bans)(path) }

func banned(bans []string) func(string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(bans, func(ban string) bool { return within(path, ban) })
	}
}

// opaBehindRego keeps the policy language's evaluator in one package.
func opaBehindRego(code *Code) []Finding {
	const evaluator, door = "github.com/open-policy-agent/opa", "policies/rules/rego"
	var findings []Finding
	for _, pkg := range code.Packages {
		if pkg.in(door) {
			continue
		}
		for _, path := range pkg.imports {
			if within(path, evaluator) {
				findings = append(findings, code.finding(pkg.importPos(path), "only %s may import %s", door, path))
			}
		}
	}
	return findings
}

// offlineVerbs checks the verbs of the CLI that must work without a cluster: the packages or files named after them
// import, of this module, the core and the CLI's own helpers only, and nothing that talks to a cluster.
func offlineVerbs(code *Code) []Finding {
	var findings []Finding
	for _, pkg := range code.under("cmd/kubectl-plimsoll") {
		for _, file := range pkg.Files {
			if !offline(code, pkg, file) {
				continue
			}
			for _, spec := range file.Imports {
				path := importPath(spec)
				if own, ok := code.own(path); ok && within(own, "policies") || !code.online(path) {
					continue
				}
				findings = append(findings, code.finding(spec.Pos(), "an offline verb must not import %s", path))
			}
		}
	}
	return findings
}

// offline says whether a file belongs to an offline verb, by the name of its package or its own.
func offline(code *Code, pkg *Package, file *ast.File) bool {
	name := code.finding(file.Pos(), "").Pos.Filename
	for _, verb := range []string{"render", "simulate", "lint"} {
		if within(pkg.Path, "cmd/kubectl-plimsoll/"+verb) || strings.HasPrefix(name, "cmd/kubectl-plimsoll/"+verb) {
			return true
		}
	}
	return false
}

// online says whether a package talks to a cluster, itself or through what it imports.
func (c *Code) online(path string) bool {
	if own, ok := c.own(path); ok && withinAny(own, "webhook", "controller") {
		return true
	}
	bans := []string{"k8s.io/client-go/kubernetes", "k8s.io/client-go/dynamic", "k8s.io/client-go/rest",
		"k8s.io/cli-runtime", "sigs.k8s.io/controller-runtime", "net/http"}
	if _, own := c.own(path); !own && within(path, "k8s.io/apimachinery") {
		return false // its serialisers know of HTTP; they do not speak it
	}
	return matchesAny(path, bans) || slices.ContainsFunc(c.depsOf(path), func(dep string) bool {
		own, ok := c.own(dep)
		return matchesAny(dep, bans[:len(bans)-1]) || ok && withinAny(own, "webhook", "controller")
	})
}

func withinAny(path string, parents ...string) bool {
	return slices.ContainsFunc(parents, func(parent string) bool { return within(path, parent) })
}
