package jobttl

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// wanted says how long a finished Job is to stay, and whether that has to be written.
//
//	failed     ttl-on-failure
//	complete   ttl, where the Job has the larger of the two, which admission wrote; any other number is the user's
//	else       nothing
func wanted(job *batchv1.Job, ns *resolve.Namespace) (seconds int32, needed bool) {
	if job.DeletionTimestamp != nil {
		return 0, false
	}
	i := settings(job, ns)
	if i.TTLOnFailure == nil {
		return 0, false
	}
	now := job.Spec.TTLSecondsAfterFinished
	switch {
	case Failed(job):
		return *i.TTLOnFailure, now == nil || *now != *i.TTLOnFailure
	case Complete(job):
		larger := i.TTL != nil && now != nil && *now > *i.TTL && *now == *i.TTLOnFailure
		if larger {
			return *i.TTL, true
		}
	}
	return 0, false
}

// settings are the Job's. A Job that a CronJob made carries the CronJob's annotations, and those alone count: what the
// CronJob opted out of, its Jobs did.
func settings(job *batchv1.Job, ns *resolve.Namespace) intent.Intent {
	if metav1.GetControllerOf(job) != nil {
		own, _ := intent.Parse(subject.Job, job.Annotations)
		if ns.Own {
			return intent.Intent{}
		}
		return own
	}
	r := resolve.Resolve(subjectOf(job), ns)
	if !r.Enrolled {
		return intent.Intent{}
	}
	if awaited(job) && !r.Own.Has(intent.KeyTTLOnFailure) {
		return intent.Intent{}
	}
	return r.Intent
}

// awaited Jobs are those that Helm or Argo CD wait for or would make again, or that another controller runs: a Namespace's
// default is not for them.
func awaited(job *batchv1.Job) bool {
	for _, key := range []string{"helm.sh/hook", "argocd.argoproj.io/hook", "argocd.argoproj.io/tracking-id"} {
		if _, ok := job.Annotations[key]; ok {
			return true
		}
	}
	return job.Spec.ManagedBy != nil || len(job.OwnerReferences) > 0
}

func subjectOf(job *batchv1.Job) *subject.Subject {
	return &subject.Subject{
		APIVersion: subject.Job.APIVersion(), KindName: subject.Job.String(), Kind: subject.Job,
		Metadata: subject.Meta{
			Name: job.Name, Namespace: job.Namespace, Labels: job.Labels, Annotations: job.Annotations,
			OwnerReferences: job.OwnerReferences, DeletionTimestamp: job.DeletionTimestamp,
		},
	}
}

// Failed tells whether the Job has ended in failure.
func Failed(job *batchv1.Job) bool { return has(job, batchv1.JobFailed) }

// Complete tells whether the Job has ended well.
func Complete(job *batchv1.Job) bool { return has(job, batchv1.JobComplete) }

func has(job *batchv1.Job, kind batchv1.JobConditionType) bool {
	for _, c := range job.Status.Conditions {
		if c.Type == kind {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
