package report

import "github.com/plimsoll-dev/plimsoll/policies/reason"

// sentences say reasons in words.
var sentences = map[reason.Code]string{
	reason.ValidMetricFound:                 "led by its metrics and triggers",
	reason.Idle:                             "every trigger answers, and none is active",
	reason.CoolingDown:                      "no trigger is active; waiting for the end of the cooldown",
	reason.ScalingDisabled:                  "the replica count was set to 0 by hand while the minimum is above 0",
	reason.NotYetSampled:                    "nothing has been read yet",
	reason.FailedTrigger:                    "no answer; the replica count is not lowered",
	reason.FailedGetResourceMetric:          "no answer; the replica count is not lowered",
	reason.FailedGetContainerResourceMetric: "no answer; the replica count is not lowered",
	reason.FailedGetPodsMetric:              "no answer; the replica count is not lowered",
	reason.FailedGetObjectMetric:            "no answer; the replica count is not lowered",
	reason.FailedGetExternalMetric:          "no answer; the replica count is not lowered",
	reason.DesiredWithinRange:               "nothing limits the replica count",
	reason.TooFewReplicas:                   "raised to min-replicas",
	reason.TooManyReplicas:                  "limited to max-replicas",
	reason.ScaleUpLimit:                     "a scale-up policy limits the step",
	reason.ScaleDownLimit:                   "a scale-down policy limits the step",
	reason.ScheduleFloor:                    "an open schedule window limits the replica count",
	reason.ScheduleCap:                      "an open schedule window limits the replica count",
	reason.GuardrailCap:                     "a guardrail limits the replica count",
	reason.ScaleUpStabilized:                "a lower recent proposal holds raising back",
	reason.ScaleDownStabilized:              "a higher recent proposal holds lowering back",
	reason.ReadyForNewScale:                 "the target can be scaled",
	reason.SucceededRescale:                 "the replica count was written",
	reason.FailedGetScale:                   "the target cannot be read",
	reason.FallbackActive:                   "the fallback stands in",
	reason.NoFallback:                       "no fallback stands in",
	reason.Paused:                           "scaling is paused",
	reason.NotPaused:                        "scaling is not paused",
	reason.WithinTolerance:                  "close enough to the target",
	reason.MaximumOfProposals:               "the highest proposal counts",
	reason.PartialData:                      "some metrics have no answer, so the replica count is not lowered",
	reason.FromZero:                         "from zero in one step",
	reason.OutsideBounds:                    "brought back within the bounds",
	reason.RestartGuard:                     "not lowered before one down window is known",
	reason.RollingOut:                       "not lowered while pods are being replaced",
}

func sentence(code reason.Code) string {
	if text, ok := sentences[code]; ok {
		return text
	}
	return code.String()
}
