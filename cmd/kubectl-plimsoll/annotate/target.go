package annotate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// target is one object of the cluster, before and after.
type target struct {
	info          *resource.Info
	object        *unstructured.Unstructured
	kind          subject.Kind
	before, after map[string]string
	outcome       admit.Outcome
}

// newTarget refuses what Plimsoll has no annotations for.
func newTarget(info *resource.Info, e *edit.Edit) (*target, error) {
	object, ok := info.Object.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%s: cannot be read as an object but as a %T", info.ObjectName(), info.Object)
	}
	t := &target{info: info, object: object, kind: subject.KindOf(object.GetAPIVersion(), object.GetKind())}
	if t.kind == subject.Other {
		return nil, fmt.Errorf("%s: Plimsoll has no annotations for a %s of %s; legal are Deployment, StatefulSet, Job, CronJob and Namespace",
			t, object.GetKind(), object.GetAPIVersion())
	}
	if err := e.CheckOn(t.kind); err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	t.before = object.GetAnnotations()
	t.after = e.Apply(t.before)
	return t, nil
}

// String names the object as kubectl does: deployment.apps/web.
func (t *target) String() string {
	gvk := t.object.GroupVersionKind()
	name := strings.ToLower(gvk.Kind)
	if gvk.Group != "" {
		name += "." + gvk.Group
	}
	return name + "/" + t.object.GetName()
}

func (t *target) unchanged() bool { return maps.Equal(t.before, t.after) }

// review asks the core what admission will say.
func (t *target) review(ns *resolve.Namespace) error {
	if t.kind == subject.Namespace {
		t.outcome = reviewNamespace(t.after)
		return nil
	}
	old, err := json.Marshal(t.object)
	if err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	edited := t.object.DeepCopy()
	edited.SetAnnotations(t.after)
	now, err := json.Marshal(edited)
	if err != nil {
		return fmt.Errorf("%s: %w", t, err)
	}
	t.outcome = admit.Review(admit.Input{
		Operation: admit.Update, Object: now, OldObject: old, Namespace: ns, Platform: patch.DefaultPlatform(),
		Scalers: true, // the cluster's admission says where they are missing
	})
	return nil
}

// reviewNamespace finds the mistakes in a Namespace's annotations, which admission does not deny. A person can mend them now.
func reviewNamespace(annotations map[string]string) admit.Outcome {
	var o admit.Outcome
	_, problems := intent.Parse(subject.Namespace, annotations)
	for _, problem := range problems {
		if intent.IsWarning(problem) {
			o.Warnings = append(o.Warnings, intent.Describe(problem))
		} else {
			o.Denials = append(o.Denials, intent.Describe(problem))
		}
	}
	return o
}

// replacesPods tells whether what admission adds changes the template of pods that run.
func (t *target) replacesPods() bool {
	template := t.kind.TemplatePath()
	return (t.kind == subject.Deployment || t.kind == subject.StatefulSet) &&
		slices.ContainsFunc(t.outcome.Ops, func(op patch.Op) bool { return strings.HasPrefix(op.Path, template) })
}

// mergePatch is the patch that writes the annotations, bound to the version that was shown.
func (t *target) mergePatch(version string) ([]byte, error) {
	annotations := map[string]any{}
	for key := range t.before {
		if _, stays := t.after[key]; !stays {
			annotations[key] = nil
		}
	}
	for key, value := range t.after {
		if was, there := t.before[key]; !there || was != value {
			annotations[key] = value
		}
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": version, "annotations": annotations}})
}
