package trigger

import (
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// kubernetesWorkload scales on how many pods of another workload there are.
func kubernetesWorkload() Type {
	return Type{
		Name:   "kubernetes-workload",
		Doc:    "The number of pods of the namespace that labels select; those that have ended do not count.",
		Target: "value", Activation: "activationValue", Label: "podSelector",
		Unit:  "pods",
		Wakes: true,
		check: selectsPods,
		Params: []Param{
			{Name: "podSelector", Required: true, Doc: "A label selector, such as `app=web` or `app in (web, api)`."},
			{Name: "value", Form: Decimal, Min: 1, Required: true, Doc: "Selected pods per pod."},
			{Name: "activationValue", Form: Decimal, Default: "0", Doc: "The trigger is active above this number."},
			{Name: "groupByNode", Form: Boolean, Default: "false", Doc: "Whether to count the nodes that the pods are on instead."},
		},
	}
}

func selectsPods(t v1alpha1.Trigger, path *field.Path) *field.Error {
	selector := t.Metadata["podSelector"]
	if selector == "" {
		return nil // missing, and said to be
	}
	if _, err := labels.Parse(selector); err != nil {
		return field.Invalid(path.Key("podSelector"), selector, "legal is a label selector such as app=web,tier!=cache: "+err.Error())
	}
	return nil
}
