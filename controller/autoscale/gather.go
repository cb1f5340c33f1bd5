package autoscale

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/pods"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// gather puts together all that a decision may see.
// The error says only that it is too early to decide.
func (l *Loop) gather(ctx context.Context, it *item, now time.Time) (scaling.Input, targets.Target, error) {
	in := scaling.Input{
		Spec: it.spec, Samples: it.samples, State: it.state, Now: now, Steady: now.Sub(l.started), Created: it.scaler.CreationTimestamp.Time,
	}
	target, err := l.target(ctx, it)
	if err != nil {
		in.Target.Err = err
		return in, target, nil //nolint:nilerr // the error is part of what is decided upon
	}
	in.Target.Replicas, in.Target.RollingOut = target.Replicas, target.RollingOut
	if !it.spec.NeedsPods() {
		return in, target, nil
	}
	list, err := l.Pods.Of(ctx, target)
	if _, early := failure.WaitFor(err); early && it.patient(now) {
		return in, target, err
	}
	it.waiting = time.Time{}
	addPods(&in, list, err)
	return in, target, nil
}

// patience is how long a decision waits for what is only just being started. After that it is an error like others.
const patience = 10 * time.Second

// patient tells whether there is still time to wait.
func (it *item) patient(now time.Time) bool {
	if it.waiting.IsZero() {
		it.waiting = now
	}
	return now.Sub(it.waiting) < patience
}

// target reads the target. What we wrote ourselves is true before informers show it.
func (l *Loop) target(ctx context.Context, it *item) (targets.Target, error) {
	t, err := l.Targets.Get(ctx, targets.KeyOf(it.key.Namespace, it.scaler.Spec.ScaleTargetRef))
	if err != nil || it.written == nil {
		return t, err
	}
	if it.written.Key == t.Key && it.written.UID == t.UID && newer(it.written.ResourceVersion, t.ResourceVersion) {
		t.Replicas, t.ResourceVersion = it.written.Replicas, it.written.ResourceVersion
		return t, nil
	}
	it.written = nil
	return t, nil
}

// newer compares resourceVersions. Where they cannot be compared (an aggregated API may have its own), informers are
// believed.
func newer(a, b string) bool {
	order, err := resourceversion.CompareResourceVersion(a, b)
	return err == nil && order > 0
}

// addPods adds the pods. Without them signals that need them have no answer, and nothing is lowered.
func addPods(in *scaling.Input, list []*corev1.Pod, err error) {
	in.Samples = slices.Clone(in.Samples)
	if err != nil {
		for i := range in.Samples {
			if in.Spec.Signals[i].NeedsPods() && in.Samples[i].Err == nil {
				in.Samples[i].Err = err
			}
		}
		return
	}
	in.Target.Pods = make([]scaling.Pod, len(list))
	for i, p := range list {
		in.Target.Pods[i] = podOf(p, in.Spec)
	}
	for i := range in.Samples {
		if in.Spec.Signals[i].PerPod() && in.Samples[i].Err == nil {
			narrow(&in.Samples[i], list)
		}
	}
}

// narrow keeps the samples of the target's own pods. Both lists are ordered by name; the list of samples may be that of a
// whole namespace.
func narrow(s *scaling.Sample, list []*corev1.Pod) {
	all := s.Pods
	s.Pods = make([]scaling.PodSample, 0, len(list))
	oldest := time.Time{}
	for _, p := range list {
		i, found := slices.BinarySearchFunc(all, p.Name, func(x scaling.PodSample, name string) int { return strings.Compare(x.Name, name) })
		if !found {
			continue
		}
		s.Pods = append(s.Pods, all[i])
		if oldest.IsZero() || all[i].Time.Before(oldest) {
			oldest = all[i].Time
		}
		all = all[i+1:]
	}
	if len(s.Pods) == 0 && len(list) > 0 {
		s.Err = errors.New("no metrics of any of the target's pods")
	}
	if !oldest.IsZero() {
		s.Time = oldest
	}
}

func podOf(p *corev1.Pod, spec *scaling.Spec) scaling.Pod {
	out := scaling.Pod{Name: p.Name, Phase: phaseOf(p.Status.Phase), Deleting: p.DeletionTimestamp != nil}
	if c := pods.ReadyCondition(p); c != nil {
		out.Ready, out.ReadySince = statusOf(c.Status), c.LastTransitionTime.Time
	}
	if p.Status.StartTime != nil {
		out.Started = p.Status.StartTime.Time
	}
	for i := range spec.Signals {
		s := &spec.Signals[i]
		if !s.NeedsRequests() {
			continue
		}
		if out.Requests == nil {
			out.Requests = make([]int64, len(spec.Signals))
		}
		out.Requests[i] = requestOf(p, s)
	}
	return out
}

func requestOf(p *corev1.Pod, s *scaling.Signal) int64 {
	var milli int64
	var ok bool
	switch m := s.Metric; {
	case m == nil:
	case m.Resource != nil:
		milli, ok = pods.Request(p, m.Resource.Name, "")
	case m.ContainerResource != nil:
		milli, ok = pods.Request(p, m.ContainerResource.Name, m.ContainerResource.Container)
	}
	if !ok {
		return -1
	}
	return milli
}

func phaseOf(p corev1.PodPhase) scaling.PodPhase {
	switch p {
	case corev1.PodPending:
		return scaling.PodPending
	case corev1.PodFailed:
		return scaling.PodFailed
	case corev1.PodSucceeded:
		return scaling.PodSucceeded
	default:
		return scaling.PodRunning
	}
}

func statusOf(s corev1.ConditionStatus) scaling.Tristate {
	switch s {
	case corev1.ConditionTrue:
		return scaling.True
	case corev1.ConditionFalse:
		return scaling.False
	default:
		return scaling.Unknown
	}
}
