package scaling

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// Decide answers what the replica count should be. It is a pure function: the same Input gives the same Decision and the
// same State, and neither Input nor what it points to is changed. The State is to be passed in with the next Input.
func Decide(in Input) (Decision, State) {
	var d Decider
	return d.Decide(in)
}

// Decider makes decisions like Decide, and keeps the memory that Decision.Proposals and Decision.Trace point to: they are
// valid until the next decision of the same Decider. It holds nothing that a decision depends on. The zero value is ready
// for use; one Decider is for one goroutine at a time.
type Decider struct{ run run }

// Decide answers like the function Decide.
func (d *Decider) Decide(in Input) (Decision, State) {
	r := &d.run
	r.begin(in)
	r.observe()
	r.follow()
	return r.finish()
}

// run is one decision in the making.
type run struct {
	in    Input
	spec  *Spec
	ms    int64 // Now in Unix milliseconds, as all times of State are
	state State

	cur, want int32
	bounds    bounds
	seen      seen
	// direct is true where the count does not pass stabilisation and rate limits: the last step to rest, and what a
	// schedule alone asks for.
	direct bool
	// resting is true where the wanted count is the idle one, below the minimum.
	resting bool
	// proposed is true where want, before stabilisation, is to be remembered.
	proposed     bool
	unstabilized int32

	decision Decision
	trace    []Step
	props    []Proposal
}

func (r *run) begin(in Input) {
	trace, props := r.trace[:0], r.props[:0]
	*r = run{in: in, spec: in.Spec, ms: in.Now.UnixMilli(), state: in.State, cur: in.Target.Replicas, trace: trace, props: props}
	r.want = r.cur
	r.decision = Decision{Verb: Keep, Current: r.cur, Signal: -1, Conditions: defaultConditions()}
	r.bounds = r.boundsNow()
	r.state.keepTime(r)
	r.state.advance(r)
}

// follow runs the stages in their order.
func (r *run) follow() {
	done := false
	for i := range order {
		if done && !order[i].always {
			continue
		}
		switch order[i].apply(r) {
		case next:
		case settled:
			done = true
		case over:
			r.decision.Verb, r.want = Hold, r.cur
			done = true
		}
	}
}

func (r *run) finish() (Decision, State) {
	if r.want != r.cur {
		r.decision.Verb = Write
	}
	r.decision.Replicas = r.want
	r.decision.Proposals, r.decision.Trace = r.props, r.trace
	r.conclude()
	r.state.remember(r)
	d := r.decision
	r.in, r.decision = Input{}, Decision{} // nothing of the caller's is kept
	return d, r.state
}

// step notes what a stage did to the count, and moves it.
func (r *run) step(s Step) {
	s.Before, r.want = r.want, s.After
	r.trace = append(r.trace, s)
}

// because sets the reason of the decision. Later stages have the last word.
func (r *run) because(code reason.Code, signal int32) {
	r.decision.Reason, r.decision.Signal = code, signal
}

// wake notes that the decision may change at a time without new data.
func (r *run) wake(at time.Time) {
	if !at.After(r.in.Now) {
		return
	}
	if r.decision.Next.IsZero() || at.Before(r.decision.Next) {
		r.decision.Next = at
	}
}

func (r *run) wakeAt(ms int64) time.Time {
	at := time.UnixMilli(ms).In(r.in.Now.Location())
	r.wake(at)
	return at
}
