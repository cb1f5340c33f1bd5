package intent

import (
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
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
