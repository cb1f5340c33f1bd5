package resolve

import (
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Gate is what keeps a workload from being looked at.
type Gate uint8

// The gates, in the order in which they are asked. Open: none does.
const (
	Open Gate = iota
	SystemNamespace
	OtherKind
	BeingDeleted
	Controlled
	NotEnrolled
	OptedOut
)

// String says why, as the end of a sentence that begins with the object's name.
func (g Gate) String() string {
	return [...]string{
		Open:            "is looked at",
		SystemNamespace: "is in a namespace that Plimsoll never looks at",
		OtherKind:       "is of a kind or version that Plimsoll does not look at",
		BeingDeleted:    "is being deleted",
		Controlled:      "is controlled by a workload that is looked at itself",
		NotEnrolled:     "has no annotation under plimsoll.dev/, and its namespace is not enrolled",
		OptedOut:        "is left alone: plimsoll.dev/enabled is false",
	}[g]
}

// systemNamespaces are never looked at: a mistake there can take the cluster down.
func systemNamespaces() []string { return []string{"kube-system", "kube-public", "kube-node-lease"} }

// gate finds the first gate that is shut. own is the workload's own Intent.
func gate(s *subject.Subject, ns *Namespace, own *intent.Intent) Gate {
	switch {
	case ns.Own || slices.Contains(systemNamespaces(), ns.Name):
		return SystemNamespace
	case s.Kind == subject.Other || s.Kind == subject.Namespace:
		return OtherKind
	case s.Metadata.DeletionTimestamp != nil:
		return BeingDeleted
	case controlled(s):
		return Controlled
	case !ns.Enrolled() && !asks(s.Metadata.Annotations):
		return NotEnrolled
	case own.Enabled != nil && !*own.Enabled:
		return OptedOut
	}
	return Open
}

// controlled tells whether the object was made by a workload that is reviewed itself, or by Plimsoll: what it should be was
// decided there.
func controlled(s *subject.Subject) bool {
	for _, owner := range s.Metadata.OwnerReferences {
		if owner.Controller == nil || !*owner.Controller {
			continue
		}
		kind := subject.KindOf(owner.APIVersion, owner.Kind)
		if kind != subject.Other && kind != subject.Namespace || strings.HasPrefix(owner.APIVersion, intent.Prefix) {
			return true
		}
	}
	return false
}

// asks tells whether there is an annotation of Plimsoll, its own records left out.
func asks(annotations map[string]string) bool {
	for name := range annotations {
		if strings.HasPrefix(name, intent.Prefix) && !intent.OwnRecord(name) {
			return true
		}
	}
	return false
}
