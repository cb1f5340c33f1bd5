// Package subject is the read-only view of a workload that everything in the core looks at: only the fields that Plimsoll
// reads, decoded once from the JSON that the API server sent or a file holds. It is never marshalled back, so no field that
// it does not know can be lost. (The json tags say where a field stands; the tests hold Decode against them.)
package subject

import (
	"bytes"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Subject is one workload.
type Subject struct {
	APIVersion string `json:"apiVersion"`
	KindName   string `json:"kind"`
	Metadata   Meta   `json:"metadata"`
	Spec       Spec   `json:"spec"`
	// Kind is derived from APIVersion and KindName.
	Kind Kind `json:"-"`
}

// Meta is the part of metadata that Plimsoll reads.
type Meta struct {
	Name              string                  `json:"name"`
	GenerateName      string                  `json:"generateName"`
	Namespace         string                  `json:"namespace"`
	Labels            map[string]string       `json:"labels"`
	Annotations       map[string]string       `json:"annotations"`
	OwnerReferences   []metav1.OwnerReference `json:"ownerReferences"`
	DeletionTimestamp *metav1.Time            `json:"deletionTimestamp"`
	// RawManagedFields is metadata.managedFields as it stands: it is large, and seldom of interest.
	RawManagedFields json.RawMessage `json:"managedFields"`
}

// Spec is the union of the specifications of all kinds: of the workload itself, and of a CronJob's Job.
type Spec struct {
	Replicas *int32 `json:"replicas"`
	JobSpec
	// RawTemplate is the pod template as it stands, Template its decoded view.
	RawTemplate json.RawMessage `json:"template"`
	// CronJob.
	SuccessfulJobsHistoryLimit *int32 `json:"successfulJobsHistoryLimit"`
	FailedJobsHistoryLimit     *int32 `json:"failedJobsHistoryLimit"`
	JobTemplate                struct {
		Metadata *Meta    `json:"metadata"`
		Spec     *JobBody `json:"spec"`
	} `json:"jobTemplate"`
	Template Template `json:"-"`
}

// JobBody is the Job specification inside a CronJob.
type JobBody struct {
	JobSpec
	RawTemplate json.RawMessage `json:"template"`
}

// JobSpec is the part of batch/v1 JobSpec that Plimsoll reads.
type JobSpec struct {
	TTLSecondsAfterFinished *int32  `json:"ttlSecondsAfterFinished"`
	BackoffLimit            *int32  `json:"backoffLimit"`
	ActiveDeadlineSeconds   *int64  `json:"activeDeadlineSeconds"`
	Suspend                 *bool   `json:"suspend"`
	ManagedBy               *string `json:"managedBy"`
}

// Template is the part of a pod template that Plimsoll reads.
type Template struct {
	Metadata Meta    `json:"metadata"`
	Spec     PodSpec `json:"spec"`
}

// PodSpec is the part of a pod specification that Plimsoll reads. A nil slice or pointer means that the field is absent or
// null in the object: a patch has to create it.
type PodSpec struct {
	InitContainers []Container         `json:"initContainers"`
	Containers     []Container         `json:"containers"`
	Volumes        []Volume            `json:"volumes"`
	Resources      *Resources          `json:"resources"`
	Tolerations    []corev1.Toleration `json:"tolerations"`
	Affinity       *corev1.Affinity    `json:"affinity"`
	// RawAffinity is the affinity as it stands.
	RawAffinity json.RawMessage `json:"-"`
}

// Container is the part of a container that Plimsoll reads.
type Container struct {
	Name          string     `json:"name"`
	RestartPolicy *string    `json:"restartPolicy"`
	Resources     *Resources `json:"resources"`
	VolumeMounts  []Mount    `json:"volumeMounts"`
	VolumeDevices []Device   `json:"volumeDevices"`
	Env           []EnvVar   `json:"env"`
	// EnvFrom has an element for each Secret or ConfigMap whose keys are variables too.
	EnvFrom []struct{} `json:"envFrom"`
}

// Sidecar tells whether an init container runs as long as the pod does.
func (c *Container) Sidecar() bool { return c.RestartPolicy != nil && *c.RestartPolicy == "Always" }

// Resources are the requests and limits of a container, or of a pod as a whole.
type Resources struct {
	Requests corev1.ResourceList `json:"requests"`
	Limits   corev1.ResourceList `json:"limits"`
}

// Mount says where a volume is mounted. Raw is the whole element.
type Mount struct {
	Name string          `json:"name"`
	Path string          `json:"mountPath"`
	Raw  json.RawMessage `json:"-"`
}

// Device says where a block device appears.
type Device struct {
	Path string `json:"devicePath"`
}

// EnvVar is the name of an environment variable. Raw is the whole element; it is looked at only to find out whether it is
// what Plimsoll itself once wrote.
type EnvVar struct {
	Name string          `json:"name"`
	Raw  json.RawMessage `json:"-"`
}

// Volume is a name and, for an emptyDir, its settings. Raw is the whole element.
type Volume struct {
	Name     string                       `json:"name"`
	EmptyDir *corev1.EmptyDirVolumeSource `json:"emptyDir"`
	Raw      json.RawMessage              `json:"-"`
}

// Template is the pod template as it stands in the object, nil when there is none.
func (s *Subject) Template() json.RawMessage {
	if s.Kind == CronJob {
		if s.Spec.JobTemplate.Spec == nil {
			return nil
		}
		return s.Spec.JobTemplate.Spec.RawTemplate
	}
	return s.Spec.RawTemplate
}

// Job is the Job specification: the object's own, or that inside a CronJob; nil for kinds without one.
func (s *Subject) Job() *JobSpec {
	switch s.Kind {
	case Job:
		return &s.Spec.JobSpec
	case CronJob:
		if s.Spec.JobTemplate.Spec != nil {
			return &s.Spec.JobTemplate.Spec.JobSpec
		}
	}
	return nil
}

// Pod is the decoded pod specification.
func (s *Subject) Pod() *PodSpec { return &s.Spec.Template.Spec }

// SameTemplate tells whether the pod templates of two versions of an object are the same. The API server writes both with
// the same encoder, so that equal templates are equal bytes; a false "different" costs one needless look, never a restart.
func (s *Subject) SameTemplate(old *Subject) bool {
	return old != nil && bytes.Equal(s.Template(), old.Template())
}

// String names the object for messages, as in "Deployment serverless/job-consumer".
func (s *Subject) String() string {
	name := s.Metadata.Name
	if name == "" && s.Metadata.GenerateName != "" {
		name = s.Metadata.GenerateName + "…"
	}
	if s.Metadata.Namespace != "" {
		name = s.Metadata.Namespace + "/" + name
	}
	return s.KindName + " " + name
}
