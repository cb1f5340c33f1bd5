package patch

import corev1 "k8s.io/api/core/v1"

// Platform is what the platform team says of its cluster, for all workloads.
type Platform struct {
	// SpotNodes are the labels of interruptible nodes, any of which is enough: one expression for each cloud in use.
	SpotNodes []corev1.NodeSelectorRequirement
	// SpotTolerations let a workload onto them.
	SpotTolerations []corev1.Toleration
}

// DefaultPlatform knows the interruptible nodes of the large clouds by the labels and taints that these document. A label
// that a cluster does not use matches no node, and a taint that it does not use is never in the way.
func DefaultPlatform() *Platform {
	return &Platform{
		SpotNodes: []corev1.NodeSelectorRequirement{
			nodesWith("karpenter.sh/capacity-type", "spot"),
			nodesWith("eks.amazonaws.com/capacityType", "SPOT"),
			nodesWith("cloud.google.com/gke-spot", "true"),
			nodesWith("kubernetes.azure.com/scalesetpriority", "spot"),
		},
		SpotTolerations: []corev1.Toleration{
			tolerating("karpenter.sh/capacity-type", "spot"),
			tolerating("cloud.google.com/gke-spot", "true"),
			tolerating("kubernetes.azure.com/scalesetpriority", "spot"),
		},
	}
}

func nodesWith(label, value string) corev1.NodeSelectorRequirement {
	return corev1.NodeSelectorRequirement{Key: label, Operator: corev1.NodeSelectorOpIn, Values: []string{value}}
}

func tolerating(key, value string) corev1.Toleration {
	return corev1.Toleration{Key: key, Operator: corev1.TolerationOpEqual, Value: value, Effect: corev1.TaintEffectNoSchedule}
}
