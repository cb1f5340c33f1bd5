package cronsleep

import (
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

type problemList = field.ErrorList

// want is what the schedule of a CronJob asks for.
type want struct {
	asleep bool
	// change is when that may be something else; zero for never.
	change time.Time
	// keep: the schedule cannot be read; the CronJob stays as it is.
	keep     bool
	problems problemList
}

// wish reads the schedule.
//
//	not enrolled, or no schedule        awake, for good
//	a schedule that makes no sense      as it is: a slip in an edit neither wakes what sleeps nor the other way round
//	else                                by the windows of sleep
func wish(c *batchv1.CronJob, ns *resolve.Namespace, now time.Time) want {
	r := resolve.Resolve(subjectOf(c), ns)
	if !r.Enrolled {
		return want{}
	}
	if r.Own.Malformed.Has(intent.KeySchedule) {
		return want{keep: true, problems: ofSchedule(r.Problems)}
	}
	if !r.Intent.Has(intent.KeySchedule) {
		return want{}
	}
	spec, errs := scaling.SpecFrom(&v1alpha1.ScalerSpec{Schedule: r.Intent.Scaling.Schedule})
	if len(errs) > 0 {
		return want{keep: true, problems: errs}
	}
	w := want{}
	w.asleep, w.change = spec.Asleep(now)
	return w
}

func ofSchedule(problems problemList) problemList {
	return slices.DeleteFunc(slices.Clone(problems), func(e *field.Error) bool { return e.Field != intent.KeySchedule.String() })
}

func subjectOf(c *batchv1.CronJob) *subject.Subject {
	return &subject.Subject{
		APIVersion: subject.CronJob.APIVersion(), KindName: subject.CronJob.String(), Kind: subject.CronJob,
		Metadata: subject.Meta{
			Name: c.Name, Namespace: c.Namespace, Labels: c.Labels, Annotations: c.Annotations,
			OwnerReferences: c.OwnerReferences, DeletionTimestamp: c.DeletionTimestamp,
		},
	}
}
