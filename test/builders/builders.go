// Package builders makes workloads for tests: as little as is legal, and then what the test is about.
//
//	builders.Job("report").Annotate("ttl", "1h").Container("app").JSON()
package builders

import (
	"encoding/json"
	"maps"
	"strings"
)

// Object is a Kubernetes object as JSON has it.
type Object map[string]any

// Workload is an object with a pod template.
type Workload struct {
	Object Object
	// pod is the pod specification within it.
	pod Object
}

// Deployment, StatefulSet, Job and CronJob have no container yet.
func Deployment(name string) *Workload  { return apps("Deployment", name) }
func StatefulSet(name string) *Workload { return apps("StatefulSet", name) }

// Job makes a Job without a container.
func Job(name string) *Workload {
	pod := Object{"restartPolicy": "Never"}
	return workload("batch/v1", "Job", name, Object{"template": Object{"spec": pod}}, pod)
}

// CronJob makes a CronJob without a container.
func CronJob(name string) *Workload {
	pod := Object{"restartPolicy": "Never"}
	return workload("batch/v1", "CronJob", name, Object{
		"schedule":    "0 2 * * *",
		"jobTemplate": Object{"spec": Object{"template": Object{"spec": pod}}},
	}, pod)
}

func apps(kind, name string) *Workload {
	pod, labels := Object{}, Object{"app": name}
	return workload("apps/v1", kind, name, Object{
		"selector": Object{"matchLabels": labels},
		"template": Object{"metadata": Object{"labels": maps.Clone(labels)}, "spec": pod},
	}, pod)
}

func workload(apiVersion, kind, name string, spec, pod Object) *Workload {
	return &Workload{pod: pod, Object: Object{
		"apiVersion": apiVersion, "kind": kind,
		"metadata": Object{"name": name, "namespace": "serverless"},
		"spec":     spec,
	}}
}

// Annotate adds an annotation; a key without a slash is Plimsoll's.
func (w *Workload) Annotate(key, value string) *Workload {
	if !strings.Contains(key, "/") {
		key = "plimsoll.dev/" + key
	}
	metadata := w.Object["metadata"].(Object)
	annotations, ok := metadata["annotations"].(Object)
	if !ok {
		annotations = Object{}
		metadata["annotations"] = annotations
	}
	annotations[key] = value
	return w
}

// Container adds a container; fields are merged into it.
func (w *Workload) Container(name string, fields ...Object) *Workload {
	return w.append("containers", name, fields)
}

// Init adds an init container.
func (w *Workload) Init(name string, fields ...Object) *Workload {
	return w.append("initContainers", name, fields)
}

func (w *Workload) append(list, name string, fields []Object) *Workload {
	container := Object{"name": name, "image": "registry.example/" + name + ":1.0"}
	for _, f := range fields {
		maps.Copy(container, f)
	}
	have, _ := w.pod[list].([]any)
	w.pod[list] = append(have, container)
	return w
}

// Pod sets a field of the pod specification.
func (w *Workload) Pod(field string, value any) *Workload {
	w.pod[field] = value
	return w
}

// Spec sets a field of the specification.
func (w *Workload) Spec(field string, value any) *Workload {
	w.Object["spec"].(Object)[field] = value
	return w
}

// Meta sets a field of the metadata.
func (w *Workload) Meta(field string, value any) *Workload {
	w.Object["metadata"].(Object)[field] = value
	return w
}

// JSON gives the object as the API server sends it.
func (w *Workload) JSON() []byte {
	raw, err := json.Marshal(w.Object)
	if err != nil {
		panic(err) // only a value that is no JSON, in the test itself
	}
	return raw
}
