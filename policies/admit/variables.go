package admit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// unknownVariables finds triggers that take a parameter from a variable that the workload's first container does not have.
// That warns and does not deny: somebody else may yet add it. Where envFrom brings variables too, nobody can tell here.
func (v *version) unknownVariables() []finding {
	i := &v.resolution.Intent
	containers := v.subject.Pod().Containers
	if len(containers) == 0 || len(containers[0].EnvFrom) > 0 {
		return nil
	}
	names := v.variables(&containers[0])
	var all []finding
	for n, t := range i.Scaling.Triggers {
		for _, key := range slices.Sorted(maps.Keys(t.Metadata)) {
			base, ok := strings.CutSuffix(key, trigger.EnvSuffix)
			name := t.Metadata[key]
			if !ok || name == "" || t.Metadata[base] != "" || slices.Contains(names, name) {
				continue
			}
			text := fmt.Sprintf("%s[%d].metadata[%s]: container %s, the first, has no variable %s", intent.KeyTriggers, n, key,
				containers[0].Name, name)
			if like, ok := nearest.To(name, names); ok {
				text += "; did you mean " + like + "?"
			}
			all = append(all, finding{text, false})
		}
	}
	return all
}

// variables are those that a container has, and those that Plimsoll itself adds.
func (v *version) variables(c *subject.Container) []string {
	var names []string
	for i := range c.Env {
		names = append(names, c.Env[i].Name)
	}
	if v.resolution.Intent.Has(intent.KeyObjectStorage) {
		names = append(names, "S3_ENDPOINT", "S3_ACCESS_KEY", "S3_SECRET_KEY")
	}
	return names
}
