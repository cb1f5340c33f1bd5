package scaling

import "github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"

// noteSource remembers failures and silence of a signal.
func (r *run) noteSource(i int, a answer) {
	if a.ok {
		r.state.setSource(i, len(r.spec.Signals), source{})
		return
	}
	s := r.state.source(i)
	if s.silentSince == 0 {
		s.silentSince = r.ms
	}
	if n := r.failures(i); n >= s.failures || !s.carried && a.asked {
		s.failures, s.carried = n, false
	}
	r.state.setSource(i, len(r.spec.Signals), s)
}

// failures is the number of failed readings in a row that the sample tells of.
func (r *run) failures(i int) int32 {
	if i >= len(r.in.Samples) || r.in.Samples[i].Err == nil {
		return 0
	}
	return max(r.in.Samples[i].Failures, 1)
}

// fallback gives what stands in for a signal without an answer: a candidate in the maximum like any other, from zero too.
func (r *run) fallback(i int, a answer) (replicas int32, stands bool) {
	s := &r.spec.Signals[i]
	if s.Fallback == nil || !r.failsEnough(i, a) {
		return 0, false
	}
	n := s.Fallback.Replicas
	switch s.Fallback.Behavior {
	case v1alpha1.FallbackCurrentReplicas:
		return r.cur, true
	case v1alpha1.FallbackCurrentReplicasIfHigher:
		return max(r.cur, n), true
	case v1alpha1.FallbackCurrentReplicasIfLower:
		return min(r.cur, n), true
	default:
		return n, true
	}
}

// failsEnough: so many failures in a row, or, where noData asks for the fallback, a reading that nothing can be made of.
func (r *run) failsEnough(i int, a answer) bool {
	s := &r.spec.Signals[i]
	if r.state.source(i).failures >= s.Fallback.After {
		return true
	}
	unusable := a.asked && r.failures(i) == 0
	return unusable && s.NoData == v1alpha1.NoDataFallback
}
