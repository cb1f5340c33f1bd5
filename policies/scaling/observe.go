package scaling

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// seen is what the signals say together.
type seen struct {
	// answered counts the signals with an answer. max is the highest answer and leader its signal.
	answered int
	max      int32
	leader   int32
	// podsMax is the highest answer of the signals that cannot wake anything, demandMax that of those that count demand.
	podsMax, demandMax int32
	// missing is the first signal whose missing answer keeps the count from falling, unanswered the first without any.
	missing, unanswered int32
	// failed is the first signal without an answer that was asked; it says more than one that was not asked yet.
	failed int32
	// active and awake: a signal is above its activation threshold; the same, or a fallback asks for pods.
	active, awake bool
	// wakers counts the signals that can see work while no pod runs, and silent those of them without an answer.
	wakers, silent int
	// fallback is the first signal that a fallback stands in for.
	fallback int32
}

// answer is what one signal says, before fallback.
type answer struct {
	replicas int32
	value    int64
	// target is what the source told of it; 0: the signal's.
	target int64
	// active is what the source told of it; Absent: that follows from the value.
	active Tristate
	ok     bool
	// kept is true where the ratio is within tolerance, or too close to tell.
	kept bool
	// asked is false for a signal that was never read.
	asked bool
}

// observe turns samples into proposals and what they say together. It decides nothing.
func (r *run) observe() {
	r.seen = seen{leader: -1, missing: -1, unanswered: -1, failed: -1, fallback: -1}
	for i := range r.spec.Signals {
		r.observeSignal(i)
	}
	r.trackActivity()
	r.leads()
}

func (r *run) observeSignal(i int) {
	s := &r.spec.Signals[i]
	a := r.answer(i)
	p := Proposal{Replicas: a.replicas, Value: a.value, Target: a.target, Answered: a.ok, Active: a.ok && s.Wakes() && a.wakes(s)}
	if !a.ok {
		p.Reason = noAnswer(s, a)
	}
	r.noteSource(i, a)
	if !a.ok {
		p.Replicas, p.Fallback = r.fallback(i, a)
	}
	r.props = append(r.props, p)
	r.seen.add(s, p, int32(i), a.asked, r.blocks(i))
	r.noteProposal(i, a, p)
}

func (n *seen) add(s *Signal, p Proposal, i int32, asked, blocks bool) {
	stands := p.Answered || p.Fallback
	if stands {
		n.answered++
		if n.leader < 0 || p.Replicas > n.max {
			n.max, n.leader = p.Replicas, i
		}
	} else {
		n.note(i, asked, blocks)
	}
	if p.Fallback && n.fallback < 0 {
		n.fallback = i
	}
	switch {
	case s.Wakes():
		n.addWaker(s, p, blocks)
	case stands:
		n.podsMax = max(n.podsMax, p.Replicas)
	}
}

func (n *seen) note(i int32, asked, blocks bool) {
	if n.unanswered < 0 {
		n.unanswered = i
	}
	if n.failed < 0 && asked {
		n.failed = i
	}
	if n.missing < 0 && blocks {
		n.missing = i
	}
}

// addWaker: a fallback stands in for a proposal, not for the knowledge that nothing waits.
func (n *seen) addWaker(s *Signal, p Proposal, blocks bool) {
	n.active = n.active || p.Active
	n.awake = n.awake || p.Active || p.Fallback && p.Replicas > 0
	switch {
	case p.Answered:
		n.wakers++
	case blocks:
		n.silent++
	}
	if s.CountsDemand() && (p.Answered || p.Fallback) {
		n.demandMax = max(n.demandMax, p.Replicas)
	}
}

// wakes says whether a signal that can wake the workload is active.
func (a *answer) wakes(s *Signal) bool {
	if a.active == Absent {
		return a.value > s.Activation
	}
	return a.active == True
}

// answer computes what a signal asks for.
func (r *run) answer(i int) answer {
	s := &r.spec.Signals[i]
	if s.Cron != nil {
		return r.cronAnswer(s)
	}
	if i >= len(r.in.Samples) {
		return answer{}
	}
	sample := &r.in.Samples[i]
	switch {
	case sample.Err != nil:
		return answer{asked: true}
	case sample.Time.IsZero():
		return answer{}
	case s.PerPod():
		return r.perPod(i, sample)
	default:
		return r.total(s, sample)
	}
}

// blocks says whether a missing answer of the signal keeps the count from falling.
func (r *run) blocks(i int) bool {
	s := &r.spec.Signals[i]
	if s.NoData == v1alpha1.NoDataIgnore {
		return false
	}
	silent := r.state.source(i).silentSince
	return s.IgnoreAfter == 0 || silent == 0 || r.ms-silent < s.IgnoreAfter.Milliseconds()
}

func noAnswer(s *Signal, a answer) reason.Code {
	if !a.asked {
		return reason.NotYetSampled
	}
	return s.Kind.failed()
}

// failed is the reason for no answer of a signal of the kind.
func (k SignalKind) failed() reason.Code {
	codes := [...]reason.Code{
		Resource: reason.FailedGetResourceMetric, ContainerResource: reason.FailedGetContainerResourceMetric,
		Pods: reason.FailedGetPodsMetric, Object: reason.FailedGetObjectMetric, External: reason.FailedGetExternalMetric,
		Trigger: reason.FailedTrigger,
	}
	if int(k) >= len(codes) {
		return reason.FailedTrigger
	}
	return codes[k]
}

// noteProposal notes in the trace what a signal asks for. It moves nothing.
func (r *run) noteProposal(i int, a answer, p Proposal) {
	s := Step{
		Stage: StageProposals, Before: r.cur, After: p.Replicas, Reason: reason.ValidMetricFound, Signal: int32(i),
		Value: p.Value, Target: p.Target,
	}
	switch {
	case p.Fallback:
		s.Reason = reason.FallbackActive
	case !p.Answered:
		s.Reason, s.After = p.Reason, r.cur
	case a.kept:
		s.Reason = reason.WithinTolerance
	}
	r.trace = append(r.trace, s)
}

// saturate gives a count that is not negative and fits.
func saturate(n float64) int32 {
	switch {
	case !(n > 0): // NaN too
		return 0
	case n >= math.MaxInt32:
		return math.MaxInt32
	default:
		return int32(n)
	}
}
