package jobttl

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

func TestWanted(t *testing.T) {
	seconds := func(n int32) *int32 { return &n }
	both := map[string]string{"plimsoll.dev/ttl": "1h", "plimsoll.dev/ttl-on-failure": "24h"}
	failure := map[string]string{"plimsoll.dev/ttl-on-failure": "24h"}
	const hour, day = 3600, 86400
	for name, test := range map[string]struct {
		own, onNamespace map[string]string
		ttl              *int32
		ended            batchv1.JobConditionType
		change           func(*batchv1.Job)
		want             int32
		needed           bool
	}{
		"running":                           {own: both, ttl: seconds(day)},
		"failed, larger of the two written": {own: both, ttl: seconds(day), ended: batchv1.JobFailed, want: day},
		"complete, larger written":          {own: both, ttl: seconds(day), ended: batchv1.JobComplete, want: hour, needed: true},
		"complete, lowered already":         {own: both, ttl: seconds(hour), ended: batchv1.JobComplete},
		"complete, the user's own number":   {own: both, ttl: seconds(7), ended: batchv1.JobComplete},
		"failed, the user's own number":     {own: failure, ttl: seconds(7), ended: batchv1.JobFailed, want: day, needed: true},
		"failed, no number":                 {own: failure, ended: batchv1.JobFailed, want: day, needed: true},
		"failed, nothing asked for":         {ended: batchv1.JobFailed, ttl: seconds(7)},
		"failed, opted out": {
			own: map[string]string{"plimsoll.dev/enabled": "false", "plimsoll.dev/ttl-on-failure": "24h"}, ended: batchv1.JobFailed},
		"failed, the Namespace's default": {onNamespace: failure, ended: batchv1.JobFailed, want: day, needed: true},
		"failed, a hook, the Namespace's default": {onNamespace: failure, ended: batchv1.JobFailed,
			own: map[string]string{"helm.sh/hook": "pre-install"}},
		"failed, a hook that asks itself": {ended: batchv1.JobFailed, want: day, needed: true,
			own: map[string]string{"helm.sh/hook": "pre-install", "plimsoll.dev/ttl-on-failure": "24h"}},
		"failed, of a CronJob with the annotation": {own: failure, ended: batchv1.JobFailed, change: ofCronJob, want: day, needed: true},
		"failed, of a CronJob without":             {onNamespace: failure, ended: batchv1.JobFailed, change: ofCronJob},
	} {
		t.Run(name, func(t *testing.T) {
			job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "j", Annotations: test.own}}
			job.Spec.TTLSecondsAfterFinished = test.ttl
			if test.ended != "" {
				job.Status.Conditions = []batchv1.JobCondition{{Type: test.ended, Status: corev1.ConditionTrue}}
			}
			if test.change != nil {
				test.change(job)
			}
			ns := resolve.NewNamespace("ns", map[string]string{"plimsoll.dev/enabled": "true"}, test.onNamespace, nil)
			got, needed := wanted(job, ns)
			if needed != test.needed || needed && got != test.want {
				t.Fatalf("got %d, %t; want %d, %t", got, needed, test.want, test.needed)
			}
		})
	}
}

func ofCronJob(j *batchv1.Job) {
	yes := true
	j.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: "c", Controller: &yes}}
}
