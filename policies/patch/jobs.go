package patch

import (
	"fmt"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Defaults that the API server fills in before admission, so that they look like a wish. (A CronJob's jobTemplate gets no
// default for backoffLimit: what stands there was written.)
const (
	defaultBackoffLimit = 6
	defaultSuccessful   = 3
	defaultFailed       = 1
)

// jobPlace is a field of the Job specification.
func (b *builder) jobPlace(name string, now *int64) place {
	return b.fieldPlace(b.Subject.Kind.JobSpecPath(), name, now)
}

func (b *builder) fieldPlace(parent, name string, now *int64) place {
	p := place{words: inWords(parent) + "." + name, parent: parent, below: []string{name}}
	if now != nil {
		p.at, p.now = parent+"/"+name, strconv.FormatInt(*now, 10)
	}
	return p
}

func long(n *int32) *int64 {
	if n == nil {
		return nil
	}
	wide := int64(*n)
	return &wide
}

// ttl sets ttlSecondsAfterFinished. Where failed Jobs are to be kept longer, it is the longer of both times: a Job that is
// deleted cannot be kept any more. The controller lowers it when the Job succeeds (docs/design/ttl-on-failure.md).
func ttl(b *builder) {
	job := b.Subject.Job()
	if job == nil || b.Intent.TTL == nil && b.Intent.TTLOnFailure == nil {
		return
	}
	if why := hindrance(b.Subject, job); why != "" {
		b.skipTTL(why)
		return
	}
	p := b.jobPlace("ttlSecondsAfterFinished", long(job.TTLSecondsAfterFinished))
	kept := b.Intent.TTLOnFailure
	if b.Intent.TTL != nil {
		s, seconds := b.by(intent.KeyTTL), *b.Intent.TTL
		if kept != nil && *kept > seconds {
			seconds, s.detail = *kept, "as long as ttl-on-failure; lowered when the Job succeeds"
		}
		b.want(p, numberValue(int64(seconds)), s)
	}
	if b.Subject.Kind == subject.CronJob && kept != nil && (b.Intent.TTL == nil || *kept > *b.Intent.TTL) {
		b.passOn(p.words)
	}
}

// passOn writes the settings into a CronJob's jobTemplate: its Jobs are not reviewed, and the controller needs them.
func (b *builder) passOn(ttlPath string) {
	if b.Intent.TTL != nil && b.recorded(ttlPath) {
		b.want(b.jobAnnotation(intent.KeyTTL), inSeconds(*b.Intent.TTL), b.by(intent.KeyTTL))
	}
	b.want(b.jobAnnotation(intent.KeyTTLOnFailure), inSeconds(*b.Intent.TTLOnFailure), b.by(intent.KeyTTLOnFailure))
}

// recorded tells whether a place holds a value of Plimsoll's.
func (b *builder) recorded(path string) bool {
	for i := range b.records {
		if b.records[i].Path == path {
			return true
		}
	}
	return false
}

func inSeconds(n int32) value { return textValue(fmt.Sprintf("%ds", n)) }

// jobAnnotation is an annotation in a CronJob's jobTemplate.
func (b *builder) jobAnnotation(key intent.ID) place {
	const parent = "/spec/jobTemplate"
	name := key.String()
	p := place{words: inWords(parent) + ".metadata.annotations[" + name + "]", parent: parent}
	meta := b.Subject.Spec.JobTemplate.Metadata
	switch {
	case meta == nil:
		p.below = []string{"metadata", "annotations", name}
	case meta.Annotations == nil:
		p.parent, p.below = parent+"/metadata", []string{"annotations", name}
	default:
		p.parent, p.below = parent+"/metadata/annotations", []string{name}
		if now, ok := meta.Annotations[name]; ok {
			p.at, p.now = p.parent+"/"+escape(name), now
		}
	}
	return p
}

// skipTTL says why a Job gets no TTL, where the Job itself asks for one. A Namespace's default is not meant for such Jobs.
func (b *builder) skipTTL(why string) {
	for _, key := range []intent.ID{intent.KeyTTL, intent.KeyTTLOnFailure} {
		if s := b.by(key); s.source.Layer == intent.Workload {
			b.note(s, "not applied: "+why)
		}
	}
}

// hindrance says why a finished Job must not go away by itself: somebody waits for it, would create it again, or cleans up
// in a way of its own.
func hindrance(s *subject.Subject, job *subject.JobSpec) string {
	if job.ManagedBy != nil && *job.ManagedBy != "kubernetes.io/job-controller" {
		return "the Job is managed by " + *job.ManagedBy
	}
	if s.Kind != subject.Job {
		return "" // what follows is about the object itself; a CronJob's Jobs are nobody's but its own
	}
	for _, sign := range []struct{ annotation, why string }{
		{"argocd.argoproj.io/hook", "Argo CD waits for a hook to finish"},
		{"helm.sh/hook", "Helm waits for a hook to finish"},
		{"argocd.argoproj.io/tracking-id", "Argo CD would create the Job again"},
	} {
		if _, ok := s.Metadata.Annotations[sign.annotation]; ok {
			return fmt.Sprintf("%s (annotation %s)", sign.why, sign.annotation)
		}
	}
	if _, ok := s.Metadata.Labels["kustomize.toolkit.fluxcd.io/name"]; ok {
		return "Flux would create the Job again (label kustomize.toolkit.fluxcd.io/name)"
	}
	if len(s.Metadata.OwnerReferences) > 0 {
		return "the Job belongs to " + s.Metadata.OwnerReferences[0].Kind + " " + s.Metadata.OwnerReferences[0].Name
	}
	return ""
}

// deadline sets activeDeadlineSeconds.
func deadline(b *builder) {
	if job := b.Subject.Job(); job != nil && b.Intent.Deadline != nil {
		b.want(b.jobPlace("activeDeadlineSeconds", job.ActiveDeadlineSeconds), numberValue(*b.Intent.Deadline), b.by(intent.KeyDeadline))
	}
}

// backoffLimit sets backoffLimit.
func backoffLimit(b *builder) {
	job := b.Subject.Job()
	if job == nil || b.Intent.BackoffLimit == nil {
		return
	}
	p := b.jobPlace("backoffLimit", long(job.BackoffLimit))
	if b.Subject.Kind == subject.Job {
		p.defaulted = b.isDefault(p, defaultBackoffLimit, *b.Intent.BackoffLimit)
	}
	b.want(p, numberValue(int64(*b.Intent.BackoffLimit)), b.by(intent.KeyBackoffLimit))
}

// history sets the history limits of a CronJob.
func history(b *builder) {
	h := b.Intent.History
	if h == nil || b.Subject.Kind != subject.CronJob {
		return
	}
	spec := &b.Subject.Spec
	b.limitHistory("successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit, h.Successful, defaultSuccessful)
	b.limitHistory("failedJobsHistoryLimit", spec.FailedJobsHistoryLimit, h.Failed, defaultFailed)
}

func (b *builder) limitHistory(name string, now, wanted *int32, byDefault int64) {
	if wanted == nil {
		return
	}
	p := b.fieldPlace("/spec", name, long(now))
	p.defaulted = b.isDefault(p, byDefault, *wanted)
	b.want(p, numberValue(int64(*wanted)), b.by(intent.KeyHistory))
}
