package admit

import (
	"fmt"
	"slices"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// finding is one sentence for the user.
type finding struct {
	text   string
	denies bool
}

// maxFindings bounds what one answer says.
const maxFindings = 20

// news are the findings that the request brings: all on create, on update those that the stored object does not have
// already. An old mistake never blocks a new edit, nor does it nag at every one.
func news(now, old *version, result *patch.Result) []finding {
	all := now.findings(result)
	switch {
	case old == nil:
		all = append(all, now.namespaceFindings()...)
	case len(all) > 0:
		before := old.build(nil)
		known := old.findings(&before)
		all = slices.DeleteFunc(all, func(f finding) bool { return slices.Contains(known, f) })
	}
	return bounded(all)
}

// bounded cuts a list of findings, those that deny first.
func bounded(all []finding) []finding {
	if len(all) <= maxFindings {
		return all
	}
	slices.SortStableFunc(all, func(a, b finding) int {
		switch {
		case a.denies == b.denies:
			return 0
		case a.denies:
			return -1
		}
		return 1
	})
	more := finding{text: fmt.Sprintf("plimsoll.dev: %d more findings", len(all)-maxFindings)}
	return append(all[:maxFindings:maxFindings], more)
}

// findings are the mistakes in the version's own annotations: one by one, in how they go together, and in how they fit the
// object; then what was left undone.
func (v *version) findings(result *patch.Result) []finding {
	var all []finding
	for _, err := range v.resolution.Problems {
		all = append(all, finding{intent.Describe(err), !intent.IsWarning(err)})
	}
	all = append(all, v.scaling()...)
	for _, err := range result.Problems {
		all = append(all, finding{intent.Describe(err), true})
	}
	for _, n := range result.Notes {
		all = append(all, finding{v.noted(n), false})
	}
	return all
}

func (v *version) noted(n patch.Note) string {
	text := n.Key.String() + ": " + n.Text
	if n.Source.Layer == intent.OnNamespace {
		return "namespace " + v.in.Namespace.Name + ": " + text
	}
	return text
}

// namespaceFindings are the mistakes in the Namespace's annotations: its workloads go on without them.
func (v *version) namespaceFindings() []finding {
	var all []finding
	for _, err := range v.in.Namespace.Problems {
		text := fmt.Sprintf("namespace %s: %s", v.in.Namespace.Name, intent.Describe(err))
		if !intent.IsWarning(err) {
			text += "; ignored"
		}
		all = append(all, finding{text, false})
	}
	return all
}
