// Package v1alpha1 holds the types of KEDA's API group keda.sh, version v1alpha1, that Plimsoll reads: field for field those of
// KEDA 2.21, so that what was written for KEDA is valid here, and nothing of it is lost on the way through the API server.
//
// +kubebuilder:object:generate=true
// +groupName=keda.sh
package v1alpha1
