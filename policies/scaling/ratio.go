package scaling

import (
	"cmp"
	"math"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// within says whether a ratio is close enough to 1 for the count to stay.
func (t *Tolerance) within(ratio float64) bool { return 1-t.Down <= ratio && ratio <= 1+t.Up }

// total answers for a signal that is one number.
func (r *run) total(s *Signal, sample *Sample) answer {
	a := answer{value: sample.Value, target: sample.Target, active: sample.Active, ok: true, asked: true}
	target := cmp.Or(sample.Target, s.Target)
	if s.TargetType == autoscalingv2.ValueMetricType {
		return r.totalOfAll(s, a, target)
	}
	// The demand is divided by the target, and the current count only tells whether that is worth a change: a surge of pods
	// does not feed back, as it does where the observed count is divided by.
	if r.cur > 0 && s.Tolerance.within(float64(a.value)/(float64(target)*float64(r.cur))) {
		a.replicas, a.kept = r.cur, true
		return a
	}
	a.replicas = ceilDiv(a.value, target)
	return a
}

// totalOfAll answers for a target that is meant for all pods together: the ratio is about the pods that bear the load now.
// With none of them ready there is nothing to multiply, which is no answer and above all not zero.
func (r *run) totalOfAll(s *Signal, a answer, target int64) answer {
	ratio := float64(a.value) / float64(target)
	if r.cur == 0 {
		a.replicas = saturate(math.Ceil(ratio))
		return a
	}
	if s.Tolerance.within(ratio) {
		a.replicas, a.kept = r.cur, true
		return a
	}
	ready := r.readyPods()
	a.ok = ready > 0
	a.replicas = saturate(math.Ceil(ratio * float64(ready)))
	return a
}

// readyPods counts the pods that run, are ready, and stay.
func (r *run) readyPods() int {
	n := 0
	for i := range r.in.Target.Pods {
		p := &r.in.Target.Pods[i]
		if p.Phase == PodRunning && p.Ready == True && !p.Deleting {
			n++
		}
	}
	return n
}

// cronAnswer: a cron trigger is a source whose value is its desired replicas while its window is open, and 0 outside it.
func (r *run) cronAnswer(s *Signal) answer {
	a := answer{ok: true, asked: true}
	r.wake(s.Cron.Next(r.in.Now))
	if s.Cron.Open(r.in.Now) {
		a.replicas, a.value = s.CronPods, int64(s.CronPods)*1000
	}
	return a
}

// ceilDiv divides a value by a target above 0 and rounds up. It saturates, and gives 0 for what is not above 0.
func ceilDiv(value, target int64) int32 {
	if value <= 0 {
		return 0
	}
	return int32(min((value-1)/target+1, math.MaxInt32))
}
