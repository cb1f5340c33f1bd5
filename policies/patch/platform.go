package patch

import corev1 "k8s.io/api/core/v1"

// Platform is what the platform team says of its cluster, for all workloads.
type Platform struct {
	// SpotNodes are the labels of interruptible nodes, any of which is enough: one expression for each cloud in use.
	SpotNodes []corev1.NodeSelectorRequirement
	// SpotTolerations let a workload onto them.
	SpotTolerations []corev1.Toleration
}
