package pods

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestRequest(t *testing.T) {
	cpu := func(q string) corev1.ResourceRequirements {
		if q == "" {
			return corev1.ResourceRequirements{}
		}
		return corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(q)}}
	}
	always := corev1.ContainerRestartPolicyAlways
	container := func(name, q string) corev1.Container { return corev1.Container{Name: name, Resources: cpu(q)} }
	sidecar := func(name, q string) corev1.Container {
		return corev1.Container{Name: name, Resources: cpu(q), RestartPolicy: &always}
	}
	whole := cpu("2")
	for name, test := range map[string]struct {
		spec      corev1.PodSpec
		container string
		want      int64
		ok        bool
	}{
		"sum":             {corev1.PodSpec{Containers: []corev1.Container{container("a", "100m"), container("b", "50m")}}, "", 150, true},
		"one container":   {corev1.PodSpec{Containers: []corev1.Container{container("a", "100m"), container("b", "50m")}}, "b", 50, true},
		"one states none": {corev1.PodSpec{Containers: []corev1.Container{container("a", "100m"), container("b", "")}}, "", 0, false},
		"no such":         {corev1.PodSpec{Containers: []corev1.Container{container("a", "100m")}}, "c", 0, false},
		"sidecar counts": {corev1.PodSpec{Containers: []corev1.Container{container("a", "100m")},
			InitContainers: []corev1.Container{sidecar("s", "10m"), container("init", "4")}}, "", 110, true},
		"pod level wins": {corev1.PodSpec{Resources: &whole, Containers: []corev1.Container{container("a", "")}}, "", 2000, true},
		"pod level is not the container's": {corev1.PodSpec{Resources: &whole,
			Containers: []corev1.Container{container("a", "100m")}}, "a", 100, true},
		"pod level of another resource": {corev1.PodSpec{Resources: &corev1.ResourceRequirements{},
			Containers: []corev1.Container{container("a", "100m")}}, "", 100, true},
	} {
		got, ok := Request(&corev1.Pod{Spec: test.spec}, corev1.ResourceCPU, test.container)
		if got != test.want || ok != test.ok {
			t.Errorf("%s: %d, %t; want %d, %t", name, got, ok, test.want, test.ok)
		}
	}
}
