// Package resolve says what a workload's settings really are: where webhook, controller, audit and CLI meet.
package resolve

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Namespace is what there is to know of a namespace, read once when it changes and shared between requests.
type Namespace struct {
	Name   string
	Labels map[string]string
	// Intent is its annotations, parsed; Problems are the mistakes in them.
	Intent   intent.Intent
	Problems field.ErrorList
	// LimitRanges of the namespace.
	LimitRanges []corev1.LimitRange
	// Own marks the namespace that Plimsoll itself runs in: it is never looked at, so that Plimsoll can always start.
	Own bool
}

// NewNamespace reads a Namespace's labels and annotations. A schedule is not a default for those that scale, but puts
// everything to sleep: it takes a Namespace that is enrolled.
func NewNamespace(name string, labels, annotations map[string]string, limits []corev1.LimitRange) *Namespace {
	n := &Namespace{Name: name, Labels: labels, LimitRanges: limits}
	n.Intent, n.Problems = intent.Parse(subject.Namespace, annotations)
	if !n.Enrolled() && n.Intent.Has(intent.KeySchedule) {
		n.Intent.Drop(intent.KeySchedule)
		n.Problems = append(n.Problems, field.Forbidden(field.NewPath(intent.KeySchedule.String()),
			"has no effect on a namespace that is not enrolled, by the label "+intent.EnabledLabel+"=true"))
	}
	return n
}

// Enrolled tells whether every workload of the namespace is looked at.
func (n *Namespace) Enrolled() bool { return n.Labels[intent.EnabledLabel] == "true" }

// Resolution is what a workload's settings come to.
type Resolution struct {
	// Enrolled is false where the workload is none of Plimsoll's business; Gate then says why, and the rest is empty.
	Enrolled bool
	Gate     Gate
	// Reason is NotEnrolled where it is not enrolled, empty where it is.
	Reason reason.Code
	// Intent is the effective one: all layers merged.
	Intent intent.Intent
	// Own is what the workload's own annotations say.
	Own intent.Intent
	// Problems are the mistakes in the workload's own annotations, one by one.
	Problems field.ErrorList
}

// Resolve says whether a workload is looked at and what its settings come to: the workload's annotation, else the
// Namespace's of the same key. It is the one place where layers meet.
func Resolve(s *subject.Subject, ns *Namespace) Resolution {
	r := Resolution{}
	r.Own, r.Problems = intent.Parse(s.Kind, s.Metadata.Annotations)
	if r.Gate = gate(s, ns, &r.Own); r.Gate != Open {
		return Resolution{Gate: r.Gate, Reason: reason.NotEnrolled}
	}
	r.Enrolled = true
	r.Intent = intent.Merge(&r.Own, &ns.Intent)
	return r
}
