package admit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// scaling holds the scaling keys against each other, as the controller will: nothing of the object is patched for them, so
// this is where their user hears of a mistake.
func (v *version) scaling() []finding {
	i := &v.resolution.Intent
	kind := v.subject.Kind
	if v.resolution.Own.Malformed.InGroup(intent.GroupScaling) {
		return nil // what is wrong already leaves too much open to judge the rest by
	}
	if kind == subject.CronJob {
		return v.sleep()
	}
	if kind != subject.Deployment && kind != subject.StatefulSet {
		return nil
	}
	if f, missing := v.withoutMaximum(); missing {
		return []finding{f}
	}
	if !i.Scales() {
		return nil // a Namespace's defaults, for those of its workloads that scale
	}
	if f, crossed := crossedBounds(i); crossed {
		return []finding{f}
	}
	spec := i.ScalerSpec(v1alpha1.TargetRef{APIVersion: kind.APIVersion(), Kind: kind.String(), Name: v.subject.Metadata.Name})
	_, errs := scaling.SpecFrom(&spec)
	return slices.Concat(v.fromSpec(errs), v.unserved(), v.unknownVariables())
}

// unserved finds triggers that need plimsoll-scalers where it is not deployed. That warns and does not deny: the object is
// right, and what is missing in the cluster may come later. Until then nothing is scaled for the trigger, and the Scaler's
// condition says so.
func (v *version) unserved() []finding {
	if v.in.Scalers {
		return nil
	}
	i := &v.resolution.Intent
	var all []finding
	for n, t := range i.Scaling.Triggers {
		if kind, ok := trigger.Lookup(t.Type); !ok || !kind.LongTail {
			continue
		}
		text := fmt.Sprintf("%s[%d].type: %s is served by plimsoll-scalers, which is not deployed here: nothing is scaled for it until it is",
			intent.KeyTriggers, n, t.Type)
		if i.Sources[intent.KeyTriggers].Layer == intent.OnNamespace {
			text = "namespace " + v.in.Namespace.Name + ": " + text
		}
		all = append(all, finding{text, false})
	}
	return all
}

// fromSpec turns mistakes in a specification into what their user hears. Those that stand in the Namespace only warn.
func (v *version) fromSpec(errs field.ErrorList) []finding {
	i := &v.resolution.Intent
	var all []finding
	for _, err := range errs {
		id, translated := fromSpec(i, err)
		text, others := intent.Describe(translated), i.Sources[id].Layer == intent.OnNamespace
		if others {
			text = "namespace " + v.in.Namespace.Name + ": " + text
		}
		all = append(all, finding{text, !others})
	}
	return all
}

// sleep checks the schedule of a CronJob, of which only sleeping means something.
func (v *version) sleep() []finding {
	i := &v.resolution.Intent
	if !i.Has(intent.KeySchedule) {
		return nil
	}
	spec, errs := scaling.SpecFrom(&v1alpha1.ScalerSpec{Schedule: i.Scaling.Schedule})
	if len(errs) > 0 {
		return v.fromSpec(errs)
	}
	if !spec.Sleeps() && v.resolution.Own.Has(intent.KeySchedule) {
		text := intent.KeySchedule.String() + ": has no window with replicas: 0, the only kind that means something on a CronJob: " +
			"it is suspended in it"
		return []finding{{text, false}}
	}
	return nil
}

// withoutMaximum finds a workload that asks for scaling but has no upper bound, which is what turns it on. A schedule works
// without one, and so does a pause of it.
func (v *version) withoutMaximum() (finding, bool) {
	if v.resolution.Intent.Scaling.MaxReplicas > 0 {
		return finding{}, false
	}
	alone := v.resolution.Intent.Has(intent.KeySchedule)
	var keys []string
	for n, key := range intent.Keys() {
		id := intent.ID(n)
		if key.SpecField == "" || !v.resolution.Own.Has(id) || alone && (id == intent.KeySchedule || id == intent.KeyPaused) {
			continue
		}
		keys = append(keys, id.String())
	}
	text := fmt.Sprintf("%s: missing; it turns on the scaling asked for by %s; legal is a whole number from 1",
		intent.KeyMaxReplicas, strings.Join(keys, ", "))
	return finding{text, true}, len(keys) > 0
}

// crossedBounds finds a minimum above the maximum. It can take two layers to make that mistake, so both are named. It is the
// workload's if one of them is its own.
func crossedBounds(i *intent.Intent) (finding, bool) {
	low, high := i.Scaling.MinReplicas, i.Scaling.MaxReplicas
	if !i.Led() || low == nil || *low <= high {
		return finding{}, false
	}
	lowest, highest := i.Sources[intent.KeyMinReplicas], i.Sources[intent.KeyMaxReplicas]
	text := fmt.Sprintf("%s: %d (%s) is above %s: %d (%s); legal is at most the maximum",
		intent.KeyMinReplicas, *low, lowest, intent.KeyMaxReplicas, high, highest)
	return finding{text, lowest.Layer == intent.Workload || highest.Layer == intent.Workload}, true
}

// fromSpec turns a mistake in a field of the specification into one in the key that it came from: spec.metrics[1].resource
// into plimsoll.dev/memory, spec.triggers[0].metadata[listName] into plimsoll.dev/triggers[0].metadata[listName].
func fromSpec(i *intent.Intent, err *field.Error) (intent.ID, *field.Error) {
	path := strings.TrimPrefix(err.Field, "spec.")
	name, rest := path, ""
	if end := strings.IndexAny(path, ".["); end >= 0 {
		name, rest = path[:end], path[end:]
	}
	id := keyOf(name)
	if name == "metrics" {
		id, rest = metricKey(i, rest)
	}
	translated := *err
	translated.Field = id.String() + rest
	if rest == "" {
		translated.Detail = inKeys(err.Detail)
	}
	return id, &translated
}

// inKeys speaks of keys where a message speaks of fields: of min-replicas, not of minReplicas. Inside the YAML of a key the
// fields are the fields.
func inKeys(detail string) string {
	for _, key := range intent.Keys() {
		if strings.ToLower(key.SpecField) != key.SpecField {
			detail = strings.ReplaceAll(detail, key.SpecField, key.Name)
		}
	}
	return detail
}

// keyOf finds the key of a field. A field without a key of its own turns up with the key that turns scaling on.
func keyOf(specField string) intent.ID {
	for id, key := range intent.Keys() {
		if key.SpecField == specField {
			return intent.ID(id)
		}
	}
	return intent.KeyMaxReplicas
}

// metricKey finds which key a metric came from: in the specification CPU and memory stand before the list.
func metricKey(i *intent.Intent, rest string) (intent.ID, string) {
	index, after, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]")
	n, err := strconv.Atoi(index)
	if !ok || err != nil {
		return firstMetric(i), ""
	}
	for _, shorthand := range []struct {
		id  intent.ID
		set bool
	}{{intent.KeyCPU, i.CPU != nil}, {intent.KeyMemory, i.Memory != nil}} {
		if shorthand.set && n == 0 {
			return shorthand.id, ""
		}
		if shorthand.set {
			n--
		}
	}
	return intent.KeyMetrics, "[" + strconv.Itoa(n) + "]" + after
}

func firstMetric(i *intent.Intent) intent.ID {
	for _, id := range []intent.ID{intent.KeyCPU, intent.KeyMemory} {
		if i.Has(id) {
			return id
		}
	}
	return intent.KeyMetrics
}
