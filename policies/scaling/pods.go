package scaling

import (
	"math"
	"math/bits"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
)

// tally is what a per-pod signal finds: pods counted by what their sample is worth, and the sums over them. Ignored pods
// (being deleted, or failed) appear nowhere.
type tally struct {
	ready, unready, missing int64
	// use and request are summed over ready pods, the other requests over the pods they are named after.
	use, request                   int64
	unreadyRequest, missingRequest int64
	missingFull                    int64 // what missing pods use if each of them uses all that it may
	noRequest                      bool  // a pod states none
}

// perPod answers for a signal that has a value for each pod.
func (r *run) perPod(i int, sample *Sample) answer {
	s := &r.spec.Signals[i]
	t := r.tally(i, sample)
	none := answer{asked: true}
	if t.ready == 0 || s.NeedsRequests() && t.noRequest {
		return none
	}
	ratio, value, ok := s.usage(t.use, t.request, t.ready)
	if !ok {
		return none
	}
	a := answer{value: value, ok: true, asked: true}
	unreadyHoldsBack := t.unready > 0 && ratio > 1
	if t.missing == 0 && !unreadyHoldsBack {
		return a.propose(s, ratio, t.ready, r.cur)
	}
	use, request, n := t.use, t.request, t.ready
	switch {
	case ratio < 1:
		use, request, n = add(use, t.missingFull), add(request, t.missingRequest), n+t.missing
	case ratio > 1:
		request, n = add(request, t.missingRequest), n+t.missing
	}
	if unreadyHoldsBack {
		request, n = add(request, t.unreadyRequest), n+t.unready
	}
	return a.refill(s, ratio, filled{use, request, n}, r.cur)
}

// filled are sums after pods without a usable sample were given one: what is not known counts against a change.
type filled struct{ use, request, samples int64 }

// refill answers from the filled-in sums: they may weaken the first ratio, and never turn it round.
func (a answer) refill(s *Signal, first float64, f filled, cur int32) answer {
	ratio, _, ok := s.usage(f.use, f.request, f.samples)
	if !ok || first < 1 && ratio > 1 || first > 1 && ratio < 1 {
		a.replicas, a.kept = cur, true
		return a
	}
	a = a.propose(s, ratio, f.samples, cur)
	if ratio < 1 && a.replicas > cur || ratio > 1 && a.replicas < cur {
		a.replicas, a.kept = cur, true
	}
	return a
}

func (a answer) propose(s *Signal, ratio float64, pods int64, cur int32) answer {
	if s.Tolerance.within(ratio) {
		a.replicas, a.kept = cur, true
		return a
	}
	a.replicas = saturate(math.Ceil(ratio * float64(pods)))
	return a
}

// usage gives the ratio to the target, and the value that the ratio rests on: percent of requests for Utilization, else the
// average. Both are truncated to whole numbers first.
func (s *Signal) usage(use, request, n int64) (ratio float64, value int64, ok bool) {
	if s.TargetType != autoscalingv2.UtilizationMetricType {
		value = use / n
		return float64(value) / float64(s.Target), value, true
	}
	if request <= 0 {
		return 0, 0, false
	}
	value = percent(use, request)
	return float64(value) / float64(s.Target), value, true
}

// tally goes through the pods and their samples side by side: both are ordered by name.
func (r *run) tally(i int, sample *Sample) tally {
	s := &r.spec.Signals[i]
	var t tally
	rest := sample.Pods
	for j := range r.in.Target.Pods {
		p := &r.in.Target.Pods[j]
		request := requestOf(p, i)
		t.noRequest = t.noRequest || request < 0
		if p.Deleting || p.Phase == PodFailed {
			continue
		}
		var found *PodSample
		if p.Phase != PodPending {
			found, rest = find(sample.Pods, rest, p.Name)
		}
		t.add(s, r.worth(s, p, found), found, request)
	}
	return t
}

// worth is what a pod's sample is worth.
type worth uint8

const (
	ready worth = iota
	unready
	missing
)

func (t *tally) add(s *Signal, w worth, sample *PodSample, request int64) {
	switch w {
	case ready:
		t.ready++
		t.use, t.request = add(t.use, sample.Value), add(t.request, request)
	case unready:
		t.unready++
		t.unreadyRequest = add(t.unreadyRequest, request)
	case missing:
		t.missing++
		t.missingRequest = add(t.missingRequest, request)
		t.missingFull = add(t.missingFull, s.full(request))
	}
}

// full is what a pod without a sample counts as when the count may fall: all of its request, or the target where that is
// more.
func (s *Signal) full(request int64) int64 {
	if s.TargetType != autoscalingv2.UtilizationMetricType {
		return s.Target
	}
	return mulDiv(request, max(100, s.Target), 100)
}

func (r *run) worth(s *Signal, p *Pod, sample *PodSample) worth {
	switch {
	case p.Phase == PodPending:
		return unready
	case sample == nil:
		return missing
	case s.CPU && !r.believable(p, sample):
		return unready
	default:
		return ready
	}
}

// believable says whether a pod's CPU tells of its load. Starting up burns CPU, so a pod that was never ready, or whose
// sample reaches back before it became ready, does not count; Unknown is not False.
func (r *run) believable(p *Pod, sample *PodSample) bool {
	if p.Ready == Absent || p.Started.IsZero() {
		return false
	}
	if p.Started.Add(r.spec.CPUInitializationPeriod).After(r.in.Now) {
		return p.Ready != False && !sample.Time.Before(p.ReadySince.Add(sample.Window))
	}
	neverReady := p.Started.Add(r.spec.InitialReadinessDelay).After(p.ReadySince)
	return p.Ready != False || !neverReady
}

// find looks a sample up by name: first where it is to be expected, then everywhere, should the order not be as promised.
func find(all, rest []PodSample, name string) (*PodSample, []PodSample) {
	for len(rest) > 0 && rest[0].Name < name {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0].Name == name {
		return &rest[0], rest[1:]
	}
	low, high := 0, len(all)
	for low < high {
		middle := (low + high) / 2
		if strings.Compare(all[middle].Name, name) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(all) && all[low].Name == name {
		return &all[low], rest
	}
	return nil, rest
}

// requestOf gives a pod's request for a signal, -1 where it states none.
func requestOf(p *Pod, signal int) int64 {
	if signal >= len(p.Requests) {
		return -1
	}
	return p.Requests[signal]
}

func add(a, b int64) int64 {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}

// percent is 100·use/request, truncated. A negative use is none.
func percent(use, request int64) int64 { return min(mulDiv(use, 100, request), math.MaxInt32) }

// mulDiv is a·b/c for b, c above 0, truncated and saturated; bytes in milli-units times 100 do not fit in 64 bits.
func mulDiv(a, b, c int64) int64 {
	if a <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(a), uint64(b))
	if high >= uint64(c) {
		return math.MaxInt64
	}
	quotient, _ := bits.Div64(high, low, uint64(c))
	return int64(min(quotient, math.MaxInt64))
}
