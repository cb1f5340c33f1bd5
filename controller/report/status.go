package report

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// keptDecisions is how many decisions a status holds.
const keptDecisions = 10

// Status says what the status shall be, after what it is.
func Status(before *v1alpha1.ScalerStatus, f *Facts) *v1alpha1.ScalerStatus {
	s := before.DeepCopy()
	s.ObservedGeneration, s.Target = f.Scaler.Generation, f.Target.String()
	setConditions(s, f)
	if f.Decision == nil {
		s.Reason, s.Message = f.Ready.String(), f.readyMessage()
		s.Metrics = nil
		return s
	}
	d := f.Decision
	current, desired := d.Current, d.Replicas
	if f.wrote() {
		current = d.Replicas
		s.LastScaleTime = &metav1.Time{Time: f.Now}
		s.Decisions = append([]v1alpha1.DecisionRecord{record(f)}, s.Decisions...)
		s.Decisions = s.Decisions[:min(len(s.Decisions), keptDecisions)]
	}
	s.CurrentReplicas, s.DesiredReplicas = &current, &desired
	s.Reason, s.Message = f.reason().String(), f.message()
	s.Metrics = metrics(f)
	if active := f.State.LastActive(); !active.IsZero() {
		s.LastActiveTime = &metav1.Time{Time: active}
	}
	s.Digest = f.State.Digest()
	return s
}

// reason is the most telling one: a Scaler that is not served, then a write that failed, then the decision's.
func (f *Facts) reason() reason.Code {
	switch {
	case f.Ready != reason.Accepted:
		return f.Ready
	case f.WriteErr != nil:
		code, _ := f.unable()
		return code
	}
	return f.Decision.Reason
}

// Same tells whether two statuses say the same to people: times, values and the digest move without being news.
func Same(a, b *v1alpha1.ScalerStatus) bool {
	return a.ObservedGeneration == b.ObservedGeneration && a.Target == b.Target && a.Reason == b.Reason &&
		equality.Semantic.DeepEqual(a.CurrentReplicas, b.CurrentReplicas) &&
		equality.Semantic.DeepEqual(a.DesiredReplicas, b.DesiredReplicas) &&
		len(a.Decisions) == len(b.Decisions) && sameConditions(a.Conditions, b.Conditions) && sameErrors(a.Metrics, b.Metrics) &&
		(len(a.Decisions) == 0 || a.Decisions[0].Time.Equal(&b.Decisions[0].Time))
}

func sameConditions(a, b []metav1.Condition) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		other := meta.FindStatusCondition(b, a[i].Type)
		if other == nil || other.Status != a[i].Status || other.Reason != a[i].Reason {
			return false
		}
	}
	return true
}

func sameErrors(a, b []v1alpha1.MetricStatus) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Error != b[i].Error {
			return false
		}
	}
	return true
}

func setConditions(s *v1alpha1.ScalerStatus, f *Facts) {
	set := func(kind string, status metav1.ConditionStatus, code reason.Code, message string) {
		meta.SetStatusCondition(&s.Conditions, metav1.Condition{
			Type: kind, Status: status, Reason: code.String(), Message: message, ObservedGeneration: f.Scaler.Generation,
			LastTransitionTime: metav1.Time{Time: f.Now},
		})
	}
	ready := metav1.ConditionTrue
	if f.Ready != reason.Accepted {
		ready = metav1.ConditionFalse
	}
	set(v1alpha1.ConditionReady, ready, f.Ready, f.readyMessage())
	if f.Decision == nil {
		// Nothing was decided, so nothing is known: a condition of the past would be taken for one of now.
		for _, c := range conditionsOf(&scaling.Conditions{}) {
			meta.RemoveStatusCondition(&s.Conditions, c.kind)
		}
		return
	}
	for _, c := range conditionsOf(&f.Decision.Conditions) {
		if code, err := f.unable(); c.kind == v1alpha1.ConditionAbleToScale && err != nil {
			set(c.kind, metav1.ConditionFalse, code, err.Error())
			continue
		}
		set(c.kind, statusOf(c.Status), c.Reason, f.conditionMessage(c.Condition))
	}
}

type named struct {
	kind string
	scaling.Condition
}

func conditionsOf(c *scaling.Conditions) []named {
	return []named{
		{v1alpha1.ConditionAbleToScale, c.AbleToScale},
		{v1alpha1.ConditionScalingActive, c.ScalingActive},
		{v1alpha1.ConditionScalingLimited, c.ScalingLimited},
		{v1alpha1.ConditionFallback, c.Fallback},
		{v1alpha1.ConditionPaused, c.Paused},
	}
}

func statusOf(t scaling.Tristate) metav1.ConditionStatus {
	switch t {
	case scaling.True:
		return metav1.ConditionTrue
	case scaling.False:
		return metav1.ConditionFalse
	default:
		return metav1.ConditionUnknown
	}
}
