// Package v1alpha1 holds the types of the API group plimsoll.dev, version v1alpha1.
//
// +kubebuilder:object:generate=true
// +groupName=plimsoll.dev
package v1alpha1
