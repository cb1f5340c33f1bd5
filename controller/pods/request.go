package pods

import (
	corev1 "k8s.io/api/core/v1"
)

// Request gives what a pod requests of a resource, in milli-units: that of the pod as a whole where it is set and no
// container is named, else the sum over containers and sidecars. It is false where one of them states none: there is no
// utilization of an unknown request.
func Request(p *corev1.Pod, resource corev1.ResourceName, container string) (int64, bool) {
	if r := p.Spec.Resources; r != nil && container == "" {
		if q, ok := r.Requests[resource]; ok {
			return q.MilliValue(), true
		}
	}
	sum, found := int64(0), false
	for _, list := range [][]corev1.Container{p.Spec.Containers, p.Spec.InitContainers} {
		for i := range list {
			c := &list[i]
			if container != "" && c.Name != container {
				continue
			}
			if !isSidecarOrMain(p, c) {
				continue
			}
			q, ok := c.Resources.Requests[resource]
			if !ok {
				return 0, false
			}
			sum, found = sum+q.MilliValue(), true
		}
	}
	return sum, found
}

// isSidecarOrMain leaves out init containers that end before the pod runs.
func isSidecarOrMain(p *corev1.Pod, c *corev1.Container) bool {
	for i := range p.Spec.InitContainers {
		if &p.Spec.InitContainers[i] == c {
			return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		}
	}
	return true
}

// ReadyCondition finds the Ready condition; nil where there is none.
func ReadyCondition(p *corev1.Pod) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == corev1.PodReady {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}
