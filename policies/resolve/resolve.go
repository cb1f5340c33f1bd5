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
}

// NewNamespace reads a Namespace's labels and annotations.
func NewNamespace(name string, labels, annotations map[string]string, limits []corev1.LimitRange) *Namespace {
	n := &Namespace{Name: name, Labels: labels, LimitRanges: limits}
	n.Intent, n.Problems = intent.Parse(subject.Namespace, annotations)
	return n
}

// Enrolled tells whether every workload of the namespace is looked at.
func (n *Namespace) Enrolled() bool { return n.Labels[intent.EnabledLabel] == "true" }

// Resolution is what a workload's settings come to.
type Resolution struct {
	// Enrolled is false where the workload is none of Plimsoll's business; Reason then says why.
	Enrolled bool
	Reason   reason.Code
	// Intent is the effective one: all layers merged.
	Intent intent.Intent
	// Problems are the mistakes in the workload's own annotations, one by one and together.
	Problems field.ErrorList
}
