package intent

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func v1Name(name string) corev1.ResourceName { return corev1.ResourceName(name) }

// Amount is one quantity of one resource, for one container or for all.
type Amount struct {
	// Container it is for; empty for all.
	Container string
	Resource  corev1.ResourceName
	Quantity  resource.Quantity
	Source    Source
}

// Amounts in order of precedence.
type Amounts []Amount

// maxPerContainer bounds the keys for single containers. No pod has as many containers.
const maxPerContainer = 256

// with adds amounts of the same layer: those for one container stand before those for all.
func (a Amounts) with(more Amounts) Amounts {
	specific := 0
	for specific < len(a) && a[specific].Container != "" {
		specific++
	}
	if len(more) == 0 || more[0].Container == "" {
		return append(a, more...)
	}
	return slices.Insert(a, specific, more...)
}

// Overcommits tells whether a container may have a limit above its request of a resource. Huge pages and extended resources
// are handed out whole: request and limit are the same.
func Overcommits(name corev1.ResourceName) bool {
	return !strings.Contains(string(name), "/") && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// For finds the amount of a resource for a container.
func (a Amounts) For(container string, name corev1.ResourceName) (Amount, bool) {
	for i := range a {
		if a[i].Resource == name && (a[i].Container == "" || a[i].Container == container) {
			return a[i], true
		}
	}
	return Amount{}, false
}

// Resources lists the resources that some amount names for the container, each once, in order of first mention.
func (a Amounts) Resources(container string) []corev1.ResourceName {
	var names []corev1.ResourceName
	for i := range a {
		if a[i].Container != "" && a[i].Container != container {
			continue
		}
		if !containsName(names, a[i].Resource) {
			names = append(names, a[i].Resource)
		}
	}
	return names
}

func containsName(names []corev1.ResourceName, name corev1.ResourceName) bool {
	return slices.Contains(names, name)
}
