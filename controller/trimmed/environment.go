package trimmed

import (
	"encoding/json"
	"hash/fnv"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// Environment tells one environment of a workload's containers from another, in a few bytes: a trimmed object has no
// containers, and yet it has to be noticed when their environment changes. It is empty for kinds without a pod template.
func Environment(object any) string {
	var t *corev1.PodTemplateSpec
	switch o := object.(type) {
	case *appsv1.Deployment:
		t = &o.Spec.Template
	case *appsv1.StatefulSet:
		t = &o.Spec.Template
	default:
		return ""
	}
	if len(t.Spec.Containers) == 0 { // trimmed: the API server takes no workload without containers
		return t.ResourceVersion
	}
	return EnvironmentOf(&t.Spec)
}

// EnvironmentOf is Environment of a pod template's specification.
func EnvironmentOf(p *corev1.PodSpec) string {
	type container struct {
		Name    string
		Env     []corev1.EnvVar        `json:",omitempty"`
		EnvFrom []corev1.EnvFromSource `json:",omitempty"`
	}
	h := fnv.New64a()
	to := json.NewEncoder(h)
	for i := range p.Containers {
		c := &p.Containers[i]
		_ = to.Encode(container{c.Name, c.Env, c.EnvFrom}) // neither the types nor a hash can fail
	}
	_ = to.Encode(p.ServiceAccountName)
	return strconv.FormatUint(h.Sum64(), 36)
}
