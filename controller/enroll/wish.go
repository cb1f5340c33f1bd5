package enroll

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

type problemList = field.ErrorList

// want is what the annotations of a workload ask for.
type want struct {
	workload *workload
	// spec is nil where no scaling is asked for.
	spec *v1alpha1.ScalerSpec
	// keep: the annotations cannot be followed as they are; what is there stays as it is, and nothing is made.
	keep     bool
	problems problemList
}

// wish reads the annotations.
//
//	not enrolled, or no scaling asked for     no Scaler
//	a scaling key malformed, or the whole      the last good Scaler stays; without one there is none: half a wish
//	not making sense                           may be another one
//	else                                       the Scaler
func wish(w *workload, ns *resolve.Namespace) want {
	r := resolve.Resolve(w.subject(), ns)
	out := want{workload: w}
	if !r.Enrolled {
		return out
	}
	out.problems = ofScaling(r.Problems)
	if len(out.problems) > 0 {
		out.keep = true
		return out
	}
	if !r.Intent.Scales() {
		return out
	}
	spec := r.Intent.ScalerSpec(v1alpha1.TargetRef{APIVersion: w.kind.APIVersion(), Kind: w.kind.String(), Name: w.object.GetName()})
	if spec.MinReplicas == nil {
		least := int32(scaling.DefaultMinReplicas) // as the CRD would, so that what is compared is equal
		spec.MinReplicas = &least
	}
	if _, errs := scaling.SpecFrom(&spec); len(errs) > 0 {
		out.problems, out.keep = errs, true
		return out
	}
	out.spec = &spec
	return out
}

// ofScaling picks the mistakes that leave open which scaling is meant. Unknown keys are admission's to warn of.
func ofScaling(problems problemList) problemList {
	return slices.DeleteFunc(slices.Clone(problems), func(e *field.Error) bool {
		if e.Type != field.ErrorTypeInvalid && e.Type != field.ErrorTypeTooLong {
			return true
		}
		return !slices.ContainsFunc(intent.Keys(), func(k intent.Key) bool {
			return intent.Prefix+k.Name == e.Field && k.Fails == intent.LastGood && k.Group == intent.GroupScaling
		})
	})
}
