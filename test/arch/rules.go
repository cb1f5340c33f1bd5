package arch

import (
	"fmt"
	"go/token"
	"path/filepath"
)

// Rule is one thing the architecture promises.
type Rule struct {
	Name  string
	Why   string
	check func(*Code) []Finding
}

// Finding is one place that breaks a rule.
type Finding struct {
	Pos     token.Position // the file is relative to the module's folder
	Message string
}

// String gives the finding in the form that editors follow.
func (f Finding) String() string { return fmt.Sprintf("%s: %s", f.Pos, f.Message) }

// Rules are all the rules there are. A new one is a row here, a function, and an archive in testdata that breaks it.
func Rules() []Rule {
	return []Rule{
		{
			Name:  "arrows",
			Why:   "each package of the core, and each adapter, may import just what the architecture's diagram points to",
			check: arrows,
		},
		{
			Name:  "core-imports",
			Why:   "the core has no cluster, no network, no files, no logger and no dice: values in, values out",
			check: coreImports,
		},
		{
			Name:  "core-clock",
			Why:   "time is an argument of the core, so that a decision can be replayed",
			check: coreClock,
		},
		{
			Name:  "core-goroutines",
			Why:   "the core starts no goroutine: its callers decide about concurrency",
			check: coreGoroutines,
		},
		{
			Name:  "package-state",
			Why:   "package variables are tables that never change: state is a value that somebody owns",
			check: packageState,
		},
		{
			Name:  "init",
			Why:   "nothing happens because a package was imported",
			check: noInit,
		},
		{
			Name:  "opa",
			Why:   "the policy language's evaluator stays behind one door",
			check: opaBehindRego,
		},
		{
			Name:  "workload-writes",
			Why:   "one package writes replicas and Jobs, so one package has to be right about it",
			check: workloadWrites,
		},
		{
			Name:  "offline-verbs",
			Why:   "render and simulate answer without a cluster, by the core's own functions",
			check: offlineVerbs,
		},
		{
			Name:  "interfaces",
			Why:   "an interface is what its consumer needs: one to three methods",
			check: smallInterfaces,
		},
		{
			Name:  "names",
			Why:   "a package called util has no subject, and so no end",
			check: packageNames,
		},
	}
}

// Check runs the rule.
func (r Rule) Check(code *Code) []Finding { return r.check(code) }

func (c *Code) finding(pos token.Pos, format string, args ...any) Finding {
	position := c.Fset.Position(pos)
	if relative, err := filepath.Rel(c.Root, position.Filename); err == nil {
		position.Filename = filepath.ToSlash(relative)
	}
	position.Column = 0
	return Finding{Pos: position, Message: fmt.Sprintf(format, args...)}
}
