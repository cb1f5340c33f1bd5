package scaling

import (
	"fmt"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
)

// Summary puts a decision into one line for condition messages and events: what the leading signal asks for, then what
// became of it, as in "redis job-queue: 140 waiting, 5 per pod: 28; max-replicas is 20".
func Summary(spec *Spec, d *Decision) string {
	var parts []string
	for i := range d.Trace {
		s := &d.Trace[i]
		if !tells(s, leader(d)) {
			continue
		}
		parts = append(parts, Describe(spec, d, *s))
	}
	if d.ScheduleConflict {
		parts = append(parts, "one open schedule window asks for more than another allows: the cap wins")
	}
	if len(parts) == 0 {
		return "nothing asks for a change"
	}
	return strings.Join(parts, "; ")
}

// tells says whether a step tells more than the leading signal's proposal does.
func tells(s *Step, leader int32) bool {
	switch s.Stage {
	case StageProposals:
		return s.Signal == leader
	case StageCombine:
		return s.Signal < 0 || s.Reason == reason.PartialData
	default:
		return s.Stage != StageFromZero
	}
}

// leader is the signal that the decision follows, or that it misses; -1 where there is none.
func leader(d *Decision) int32 {
	for i := range d.Trace {
		if d.Trace[i].Stage == StageCombine {
			return d.Trace[i].Signal
		}
	}
	return -1
}

// Describe puts one step of a decision's trace into words. The step has to be of that decision, and the decision of that
// Spec.
func Describe(spec *Spec, d *Decision, s Step) string {
	switch s.Stage {
	case StageTarget:
		return "the target or its scale cannot be read"
	case StageDisabled:
		return "the replica count was set to 0 by hand, and stays; set it to 1 or more to scale again"
	case StageOutside:
		return fmt.Sprintf("%d is outside the bounds: %s", s.Before, describeBound(d.Conditions.ScalingLimited.Reason, s.After))
	case StageProposals:
		return describeProposal(spec, s)
	case StageCombine:
		return describeCombined(spec, s)
	case StageZero:
		return describeZero(s)
	case StageStabilize:
		return describeStabilized(spec, s)
	case StageFromZero:
		return "one step from zero"
	case StageLimit:
		return describeLimited(s)
	case StageRollout:
		return "pods are being replaced: lowering waits"
	case StageBounds:
		return describeBound(s.Reason, s.After)
	case StagePause:
		return describePause(spec, s)
	default:
		return string(s.Reason)
	}
}

func describeLimited(s Step) string {
	what := "scale-down"
	if s.Reason == reason.ScaleUpLimit {
		what = "scale-up"
	}
	return fmt.Sprintf("the %s policies allow %d now%s", what, s.After, until(", more at ", s.Until))
}

func until(before string, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return before + at.UTC().Format(time.RFC3339)
}

func describeBound(code reason.Code, n int32) string {
	switch code {
	case reason.TooManyReplicas:
		return fmt.Sprintf("max-replicas is %d", n)
	case reason.TooFewReplicas:
		return fmt.Sprintf("min-replicas is %d", n)
	case reason.ScheduleFloor:
		return fmt.Sprintf("a schedule window asks for %d at least", n)
	case reason.ScheduleCap:
		return fmt.Sprintf("a schedule window allows %d at most", n)
	case reason.GuardrailCap:
		return fmt.Sprintf("a guardrail allows %d at most", n)
	default:
		return fmt.Sprintf("the bound is %d", n)
	}
}

func describeCombined(spec *Spec, s Step) string {
	switch {
	case s.Signal < 0:
		return fmt.Sprintf("the schedule is over: back to %d", s.After)
	case s.Reason == reason.PartialData:
		return fmt.Sprintf("%s has no answer: lowering waits", spec.Signals[s.Signal].Name)
	case s.Reason != reason.MaximumOfProposals:
		return noAnswerOf(&spec.Signals[s.Signal], s.Reason)
	case s.Value == 1:
		return fmt.Sprintf("maximum of 1 proposal: %d", s.After)
	default:
		return fmt.Sprintf("maximum of %d proposals: %d, of %s", s.Value, s.After, spec.Signals[s.Signal].Name)
	}
}

func describeZero(s Step) string {
	switch s.Reason {
	case reason.CoolingDown:
		return fmt.Sprintf("idle, cooling down%s", until(" until ", s.Until))
	case reason.PartialData:
		return "not all that could wait is known: lowering waits"
	default:
		return fmt.Sprintf("idle: %d", s.After)
	}
}

func describeStabilized(spec *Spec, s Step) string {
	switch s.Reason {
	case reason.ScaleUpStabilized:
		return fmt.Sprintf("%d was asked for within the last %s: raising waits%s", s.Value, spec.Up.Window, until(" until ", s.Until))
	case reason.RestartGuard:
		return fmt.Sprintf("the last %s are not known yet: lowering waits%s", spec.Down.Window, until(" until ", s.Until))
	default:
		return fmt.Sprintf("%d was asked for within the last %s: lowering waits%s", s.Value, spec.Down.Window, until(" until ", s.Until))
	}
}

func describePause(spec *Spec, s Step) string {
	what := map[string]string{"in": "lowering is paused", "out": "raising is paused"}[string(spec.Pause)]
	if what == "" {
		what = "paused"
	}
	return what + until(" until ", s.Until)
}
