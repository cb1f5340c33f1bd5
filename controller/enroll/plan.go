package enroll

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// ManagedByLabel marks the Scalers that are made from annotations. One without it was written by hand, and is never touched.
const (
	ManagedByLabel = intent.Prefix + "managed-by"
	ManagedByValue = "annotations"
)

// plan is what there is to do for one name.
type plan struct {
	apply  []application
	remove []*v1alpha1.Scaler
	// blocked are workloads whose Scaler's name is taken by one that was written by hand.
	blocked []application
}

type application struct {
	name     string
	workload *workload
	spec     *v1alpha1.ScalerSpec
}

// namesFor lists the names that Scalers of workloads of a name may have. A Scaler is named like its workload; where a
// Deployment and a StatefulSet share a name, whoever comes second has its kind behind it.
func namesFor(name string) []string {
	return []string{name, suffixed(name, subject.Deployment), suffixed(name, subject.StatefulSet)}
}

func suffixed(name string, kind subject.Kind) string {
	return name + "-" + strings.ToLower(kind.String())
}

// planFor compares what is wanted with what is there.
func planFor(wanted []want, scalers []*v1alpha1.Scaler) plan {
	var p plan
	taken := map[string]bool{}
	kept := map[string]bool{}
	for _, s := range scalers {
		taken[s.Name] = true
	}
	for i := range wanted {
		w := &wanted[i]
		current := find(scalers, w.workload)
		switch {
		case w.keep && current != nil:
			kept[current.Name] = true
		case w.spec == nil:
		case current != nil:
			kept[current.Name] = true
			if !upToDate(current, w) {
				p.apply = append(p.apply, application{current.Name, w.workload, w.spec})
			}
		default:
			p.make(w, scalers, taken)
		}
	}
	for _, s := range scalers {
		if ours(s) && !kept[s.Name] && isOf(s, wanted) {
			p.remove = append(p.remove, s)
		}
	}
	return p
}

// make finds a name for a new Scaler.
func (p *plan) make(w *want, scalers []*v1alpha1.Scaler, taken map[string]bool) {
	name := w.workload.object.GetName()
	if i := slices.IndexFunc(scalers, func(s *v1alpha1.Scaler) bool { return s.Name == name }); i >= 0 {
		switch holder := scalers[i]; {
		case !ours(holder):
			p.blocked = append(p.blocked, application{name, w.workload, w.spec})
			return
		case pointsAt(holder, w.workload):
			return // of an earlier workload of this kind and name: it goes, and its deletion brings us back
		}
	}
	if taken[name] {
		name = suffixed(name, w.workload.kind)
	}
	if taken[name] {
		return // likewise
	}
	taken[name] = true
	p.apply = append(p.apply, application{name, w.workload, w.spec})
}

func pointsAt(s *v1alpha1.Scaler, w *workload) bool {
	ref := s.Spec.ScaleTargetRef
	return ref.APIVersion == w.kind.APIVersion() && ref.Kind == w.kind.String() && ref.Name == w.object.GetName()
}

func ours(s *v1alpha1.Scaler) bool { return s.Labels[ManagedByLabel] == ManagedByValue }

// find gives the Scaler that was made for a workload: its controller is the workload, or there is none (somebody deleted
// and orphaned it) and it points at the workload.
func find(scalers []*v1alpha1.Scaler, w *workload) *v1alpha1.Scaler {
	for _, s := range scalers {
		if !ours(s) || s.DeletionTimestamp != nil {
			continue
		}
		owner := metav1.GetControllerOf(s)
		if owner != nil && owner.UID == w.object.GetUID() || owner == nil && pointsAt(s, w) {
			return s
		}
	}
	return nil
}

// isOf tells whether a Scaler is about this name at all: "web-statefulset" may be the StatefulSet web's, or that of a
// Deployment of just that name.
func isOf(s *v1alpha1.Scaler, wanted []want) bool {
	if s.DeletionTimestamp != nil || len(wanted) == 0 {
		return false // where no workload is left, the garbage collector removes what it owned
	}
	return s.Spec.ScaleTargetRef.Name == wanted[0].workload.object.GetName()
}

// upToDate compares with what is there, so that a change by hand is put right too.
func upToDate(s *v1alpha1.Scaler, w *want) bool {
	return metav1.IsControlledBy(s, w.workload.object) && equality.Semantic.DeepEqual(&s.Spec, w.spec)
}
