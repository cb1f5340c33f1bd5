package scaling

// Stage is one step of a decision. The order of the constants is the order of the steps.
type Stage uint8

// The stages.
const (
	// StageTarget: can the target be read?
	StageTarget Stage = iota
	// StageDisabled: was the workload switched off by hand?
	StageDisabled
	// StageOutside: a count outside the bounds goes to the bound at once, no metrics asked.
	StageOutside
	// StageProposals: what each signal asks for.
	StageProposals
	// StageCombine: the maximum of the proposals.
	StageCombine
	// StageZero: the way to zero (or to the idle count), and the floor above it.
	StageZero
	// StageStabilize: recent proposals hold the count back.
	StageStabilize
	// StageFromZero: the answer is written in one step.
	StageFromZero
	// StageLimit: the rate policies.
	StageLimit
	// StageRollout: nothing is lowered while pods are being replaced.
	StageRollout
	// StageBounds: minimum and maximum, after schedule and guardrails.
	StageBounds
	// StagePause: scaling is paused, wholly or in one direction.
	StagePause
)

// String gives the name that status and explanations use.
func (s Stage) String() string {
	names := [...]string{
		StageTarget: "target", StageDisabled: "disabled", StageOutside: "outside bounds", StageProposals: "proposals",
		StageCombine: "combine", StageZero: "zero", StageStabilize: "stabilize", StageFromZero: "from zero",
		StageLimit: "limit", StageRollout: "rollout", StageBounds: "bounds", StagePause: "pause",
	}
	if int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// outcome says how a decision goes on after a stage.
type outcome uint8

const (
	// next: the following stage has its turn.
	next outcome = iota
	// settled: the count is found; only stages that hold for every count have their turn.
	settled
	// over: nothing may be written, whatever the later stages would say.
	over
)

// stage is one row of the order.
type stage struct {
	apply func(*run) outcome
	// always marks stages that hold for a count that is settled already.
	always bool
}

// order is the order of a decision, and its only place. A stage is a file and a row. (Pausing comes last, so that one piece
// of code holds for the whole pause and for those of one direction, and so that a paused workload's history goes on.)
var order = [...]stage{
	{apply: (*run).readable},
	{apply: (*run).disabled},
	{apply: (*run).outside},
	{apply: (*run).combine},
	{apply: (*run).zero},
	{apply: (*run).stabilize},
	{apply: (*run).limit},
	{apply: (*run).rollout},
	{apply: (*run).bound},
	{apply: (*run).pause, always: true},
}
