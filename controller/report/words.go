package report

import (
	"cmp"
	"fmt"
	"strconv"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func (f *Facts) readyMessage() string {
	if f.Problem != nil {
		return f.Problem.Error()
	}
	return "the Scaler is served"
}

// message is the one of the status as a whole.
func (f *Facts) message() string {
	switch {
	case f.Ready != reason.Accepted:
		return f.readyMessage()
	case f.WriteErr != nil:
		return f.WriteErr.Error()
	}
	if err := f.errorOf(f.Decision.Signal); err != nil {
		return f.about(f.Decision.Reason, f.Decision.Signal)
	}
	return scaling.Summary(f.Spec, f.Decision)
}

// errorOf gives the error of a signal's sample, if it has one.
func (f *Facts) errorOf(signal int32) error {
	if signal < 0 || int(signal) >= len(f.Samples) {
		return nil
	}
	return f.Samples[signal].Err
}

func (f *Facts) conditionMessage(c scaling.Condition) string { return f.about(c.Reason, c.Signal) }

// about puts a reason into a sentence, with the signal that it is about. Numbers that move with every reading are left to
// status.metrics: a message that moves is a write.
func (f *Facts) about(code reason.Code, signal int32) string {
	text := sentence(code)
	if signal < 0 || int(signal) >= len(f.Spec.Signals) {
		return text
	}
	name := f.Spec.Signals[signal].Name
	if err := f.errorOf(signal); err != nil {
		return fmt.Sprintf("%s: %s", name, err)
	}
	return name + ": " + text
}

// metrics lists what each signal said.
func metrics(f *Facts) []v1alpha1.MetricStatus {
	out := make([]v1alpha1.MetricStatus, len(f.Spec.Signals))
	for i := range f.Spec.Signals {
		s := &f.Spec.Signals[i]
		m := &out[i]
		m.Name, m.Type, m.Target = s.Name, typeOf(s), targetOf(s, &f.Samples[i])
		if sample := &f.Samples[i]; sample.Err != nil {
			m.Error = sample.Err.Error()
		} else if !sample.Time.IsZero() {
			m.Time = &metav1.Time{Time: sample.Time}
		}
		if i < len(f.Decision.Proposals) {
			fillProposal(m, s, &f.Decision.Proposals[i])
		}
	}
	return out
}

func fillProposal(m *v1alpha1.MetricStatus, s *scaling.Signal, p *scaling.Proposal) {
	if s.Wakes() {
		active := p.Active
		m.Active = &active
	}
	if !p.Answered {
		return
	}
	replicas := p.Replicas
	m.Proposal = &replicas
	if p.Fallback {
		return
	}
	if s.TargetType == autoscalingv2.UtilizationMetricType {
		m.Value = resource.NewQuantity(p.Value, resource.DecimalSI)
		return
	}
	m.Value = resource.NewMilliQuantity(p.Value, resource.DecimalSI)
}

func typeOf(s *scaling.Signal) string {
	if s.TriggerRef != nil {
		return s.TriggerRef.Type
	}
	if s.Metric != nil {
		return string(s.Metric.Type)
	}
	return ""
}

// targetOf gives the target; nothing where the source has not told it yet.
func targetOf(s *scaling.Signal, sample *scaling.Sample) string {
	if s.OwnTarget && sample.Target == 0 {
		return ""
	}
	target := cmp.Or(sample.Target, s.Target)
	switch s.TargetType {
	case autoscalingv2.UtilizationMetricType:
		return strconv.FormatInt(target, 10) + "%"
	case autoscalingv2.ValueMetricType:
		return resource.NewMilliQuantity(target, resource.DecimalSI).String()
	default:
		return resource.NewMilliQuantity(target, resource.DecimalSI).String() + " per pod"
	}
}

// record keeps a decision that was written.
func record(f *Facts) v1alpha1.DecisionRecord {
	d := f.Decision
	r := v1alpha1.DecisionRecord{
		Time: metav1.MicroTime{Time: f.Now}, From: d.Current, To: d.Replicas, Reason: d.Reason.String(),
		LagMilliseconds: f.Lag.Milliseconds(),
	}
	const most = 24 // the CRD's bound
	for i := range d.Trace[:min(len(d.Trace), most)] {
		step := &d.Trace[i]
		r.Trace = append(r.Trace, v1alpha1.TraceEntry{
			Stage: step.Stage.String(), Before: step.Before, After: step.After, Reason: step.Reason.String(),
			Detail: scaling.Describe(f.Spec, d, *step),
		})
	}
	return r
}
