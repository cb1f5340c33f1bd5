package subject

import (
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"
)

// Decode reads a workload. An object of a kind that Plimsoll does not know comes back with Kind Other, without its
// specification; an error means that the JSON is malformed or does not have the shape of its kind. Keys are case-sensitive,
// as in the API server. The Subject shares memory with raw.
func Decode(raw []byte) (*Subject, error) {
	s := &Subject{}
	s.Kind = kindIn(raw)
	c := &cursor{data: raw}
	if c.peek() != '{' {
		c.fail("expected an object")
	}
	c.subject(s)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("decoding object: %w", err)
	}
	return s, nil
}

// kindIn reads apiVersion and kind, which decide how to read the rest, and no further than it must.
func kindIn(raw []byte) Kind {
	c := &cursor{data: raw}
	var apiVersion, kind string
	c.object(func(key string) {
		switch {
		case key == "apiVersion" && c.peek() == '"':
			apiVersion = c.text()
		case key == "kind" && c.peek() == '"':
			kind = c.text()
		default:
			c.skip()
		}
		if apiVersion != "" && kind != "" {
			c.at = len(c.data)
		}
	})
	return KindOf(apiVersion, kind)
}

func (c *cursor) subject(s *Subject) {
	c.object(func(key string) {
		switch key {
		case "apiVersion":
			s.APIVersion = c.text()
		case "kind":
			s.KindName = c.text()
		case "metadata":
			c.meta(&s.Metadata)
		case "spec":
			c.specOf(s.Kind, &s.Spec)
		default:
			c.skip()
		}
	})
}

func (c *cursor) meta(m *Meta) {
	c.object(func(key string) {
		switch key {
		case "name":
			m.Name = c.text()
		case "generateName":
			m.GenerateName = c.text()
		case "namespace":
			m.Namespace = c.text()
		case "labels":
			m.Labels = c.texts()
		case "annotations":
			m.Annotations = c.texts()
		case "ownerReferences":
			unmarshal(c, &m.OwnerReferences)
		case "deletionTimestamp":
			unmarshal(c, &m.DeletionTimestamp)
		case "managedFields":
			m.RawManagedFields = c.raw()
		default:
			c.skip()
		}
	})
}

// unmarshal leaves what is rare to the API machinery's decoder, and gives the text.
func unmarshal[T any](c *cursor, into *T) []byte {
	raw := c.raw()
	if c.err != nil {
		return nil
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
		c.fail("%w", err)
	}
	return raw
}

func (c *cursor) specOf(kind Kind, s *Spec) {
	if kind == Other || kind == Namespace {
		c.skip()
		return
	}
	c.object(func(key string) {
		switch {
		case key == "replicas":
			s.Replicas = c.int32()
		case kind == CronJob:
			c.cronJobField(key, s)
		case key == "template":
			s.RawTemplate = c.template(&s.Template)
		case kind == Job:
			c.jobField(key, &s.JobSpec)
		default:
			c.skip()
		}
	})
}

func (c *cursor) cronJobField(key string, s *Spec) {
	switch key {
	case "jobTemplate":
		c.jobTemplate(s)
	case "successfulJobsHistoryLimit":
		s.SuccessfulJobsHistoryLimit = c.int32()
	case "failedJobsHistoryLimit":
		s.FailedJobsHistoryLimit = c.int32()
	case "suspend":
		s.Suspend = c.boolean()
	default:
		c.skip()
	}
}

// jobTemplate reads a CronJob's Job; its pod template becomes the Subject's.
func (c *cursor) jobTemplate(s *Spec) {
	c.object(func(key string) {
		switch {
		case key == "metadata" && !c.null():
			s.JobTemplate.Metadata = &Meta{}
			c.meta(s.JobTemplate.Metadata)
		case key == "spec" && !c.null():
			s.JobTemplate.Spec = &JobBody{}
			c.jobBody(s.JobTemplate.Spec, &s.Template)
		case key == "metadata" || key == "spec":
		default:
			c.skip()
		}
	})
}

func (c *cursor) jobBody(b *JobBody, t *Template) {
	c.object(func(key string) {
		if key == "template" {
			b.RawTemplate = c.template(t)
			return
		}
		c.jobField(key, &b.JobSpec)
	})
}

func (c *cursor) jobField(key string, j *JobSpec) {
	switch key {
	case "ttlSecondsAfterFinished":
		j.TTLSecondsAfterFinished = c.int32()
	case "backoffLimit":
		j.BackoffLimit = c.int32()
	case "activeDeadlineSeconds":
		j.ActiveDeadlineSeconds = c.integer(64)
	case "suspend":
		j.Suspend = c.boolean()
	case "managedBy":
		j.ManagedBy = c.textPointer()
	default:
		c.skip()
	}
}

// template reads a pod template and gives its text.
func (c *cursor) template(t *Template) []byte {
	c.peek()
	begin := c.at
	c.object(func(key string) {
		switch key {
		case "metadata":
			c.meta(&t.Metadata)
		case "spec":
			c.podSpec(&t.Spec)
		default:
			c.skip()
		}
	})
	if c.err != nil {
		return nil
	}
	return c.data[begin:c.at:c.at]
}

func (c *cursor) podSpec(p *PodSpec) {
	c.object(func(key string) {
		switch key {
		case "initContainers":
			p.InitContainers = readList(c, (*cursor).container)
		case "containers":
			p.Containers = readList(c, (*cursor).container)
		case "volumes":
			p.Volumes = readList(c, (*cursor).volume)
		case "resources":
			p.Resources = c.resources()
		case "tolerations":
			unmarshal(c, &p.Tolerations)
		case "affinity":
			p.RawAffinity = unmarshal(c, &p.Affinity)
		default:
			c.skip()
		}
	})
}

// readList reads a list of objects; nil for null, and not nil for an empty list.
func readList[T any](c *cursor, read func(*cursor, *T)) []T {
	var out []T
	if c.list(func() {
		out = append(out, *new(T))
		read(c, &out[len(out)-1])
	}) && out == nil {
		out = []T{}
	}
	return out
}

func (c *cursor) container(k *Container) {
	c.object(func(key string) {
		switch key {
		case "name":
			k.Name = c.text()
		case "restartPolicy":
			k.RestartPolicy = c.textPointer()
		case "resources":
			k.Resources = c.resources()
		case "volumeMounts":
			k.VolumeMounts = readList(c, (*cursor).mount)
		case "volumeDevices":
			k.VolumeDevices = readList(c, (*cursor).device)
		case "env":
			k.Env = readList(c, (*cursor).variable)
		case "envFrom":
			k.EnvFrom = readList(c, func(c *cursor, _ *struct{}) { c.skip() })
		default:
			c.skip()
		}
	})
}

func (c *cursor) resources() *Resources {
	if c.null() {
		return nil
	}
	r := &Resources{}
	c.object(func(key string) {
		switch key {
		case "requests":
			r.Requests = c.quantities()
		case "limits":
			r.Limits = c.quantities()
		default:
			c.skip()
		}
	})
	return r
}

func (c *cursor) quantities() corev1.ResourceList {
	if c.null() {
		return nil
	}
	m := corev1.ResourceList{}
	c.object(func(key string) { m[corev1.ResourceName(key)] = c.quantity() })
	return m
}

func (c *cursor) quantity() (q resource.Quantity) {
	raw := c.raw()
	if c.err != nil {
		return q
	}
	if HugeExponent(strings.Trim(string(raw), `"`)) {
		c.fail("%w", errExponent)
		return q
	}
	if err := q.UnmarshalJSON(raw); err != nil {
		c.fail("%s: %w", raw, err)
	}
	return q
}

func (c *cursor) mount(m *Mount) {
	m.Raw = c.element(func(key string) {
		switch key {
		case "name":
			m.Name = c.text()
		case "mountPath":
			m.Path = c.text()
		default:
			c.skip()
		}
	})
}

func (c *cursor) device(d *Device) {
	c.object(func(key string) {
		if key == "devicePath" {
			d.Path = c.text()
			return
		}
		c.skip()
	})
}

func (c *cursor) variable(e *EnvVar) {
	e.Raw = c.element(func(key string) {
		if key == "name" {
			e.Name = c.text()
			return
		}
		c.skip()
	})
}

func (c *cursor) volume(v *Volume) {
	v.Raw = c.element(func(key string) {
		switch {
		case key == "name":
			v.Name = c.text()
		case key == "emptyDir" && !c.null():
			v.EmptyDir = &corev1.EmptyDirVolumeSource{}
			c.emptyDir(v.EmptyDir)
		case key == "emptyDir":
		default:
			c.skip()
		}
	})
}

func (c *cursor) emptyDir(e *corev1.EmptyDirVolumeSource) {
	c.object(func(key string) {
		switch {
		case key == "medium":
			e.Medium = corev1.StorageMedium(c.text())
		case key == "sizeLimit" && !c.null():
			q := c.quantity()
			e.SizeLimit = &q
		case key == "sizeLimit":
		default:
			c.skip()
		}
	})
}

// element reads an object and gives its text.
func (c *cursor) element(field func(key string)) json.RawMessage {
	c.peek()
	begin := c.at
	c.object(field)
	if c.err != nil {
		return nil
	}
	return c.data[begin:c.at:c.at]
}
