// Package reason is the closed list of reason codes: one vocabulary for conditions, events, metrics, warnings and
// decision traces. A code means the same wherever it appears. Names are autoscaling/v2's where it has one.
package reason

// Code is a machine-readable reason in CamelCase, fit for metav1.Condition.Reason and as a metric label value.
type Code string

// String gives the code as it is printed.
func (c Code) String() string { return string(c) }

// Reasons of the condition Ready: whether the Scaler as written can be served.
const (
	// Accepted: the specification is valid and served.
	Accepted Code = "Accepted"
	// InvalidSpec: the specification cannot be served until somebody corrects it.
	InvalidSpec Code = "InvalidSpec"
	// TargetNotFound: the scale target does not exist (yet).
	TargetNotFound Code = "TargetNotFound"
	// ConflictingScaler: another autoscaler acts on the same target; Plimsoll does not write.
	ConflictingScaler Code = "ConflictingScaler"
)

// Reasons of the condition AbleToScale: whether the target can be read and written.
const (
	// SucceededRescale: the last decision was written.
	SucceededRescale Code = "SucceededRescale"
	// ReadyForNewScale: the target can be scaled; nothing needed to be written.
	ReadyForNewScale Code = "ReadyForNewScale"
	// ScaleUpStabilized: a lower recent proposal holds a rise back.
	ScaleUpStabilized Code = "ScaleUpStabilized"
	// ScaleDownStabilized: a higher recent proposal holds a fall back.
	ScaleDownStabilized Code = "ScaleDownStabilized"
	// FailedGetScale: the target or its scale subresource cannot be read.
	FailedGetScale Code = "FailedGetScale"
	// FailedUpdateScale: the API server refused the write.
	FailedUpdateScale Code = "FailedUpdateScale"
	// ConflictingWriter: somebody else keeps flipping the replica count.
	ConflictingWriter Code = "ConflictingWriter"
)

// Reasons that appear in events only.
const (
	// ScaledByOthers: somebody else set the replica count; scaling goes on from there.
	ScaledByOthers Code = "ScaledByOthers"
)

// Reasons of the condition ScalingActive: whether metrics and triggers lead the replica count.
const (
	// ValidMetricFound: at least one metric or trigger answered and led the decision.
	ValidMetricFound Code = "ValidMetricFound"
	// Idle: every trigger answered and none is active.
	Idle Code = "Idle"
	// CoolingDown: idle, and the cooldown before zero is still running.
	CoolingDown Code = "CoolingDown"
	// ScalingDisabled: the replica count was set to zero by hand while the minimum is above zero.
	ScalingDisabled Code = "ScalingDisabled"
	// FailedGetResourceMetric: a Resource metric had no answer.
	FailedGetResourceMetric Code = "FailedGetResourceMetric"
	// FailedGetContainerResourceMetric: a ContainerResource metric had no answer.
	FailedGetContainerResourceMetric Code = "FailedGetContainerResourceMetric"
	// FailedGetPodsMetric: a Pods metric had no answer.
	FailedGetPodsMetric Code = "FailedGetPodsMetric"
	// FailedGetObjectMetric: an Object metric had no answer.
	FailedGetObjectMetric Code = "FailedGetObjectMetric"
	// FailedGetExternalMetric: an External metric had no answer.
	FailedGetExternalMetric Code = "FailedGetExternalMetric"
	// FailedTrigger: a trigger had no answer.
	FailedTrigger Code = "FailedTrigger"
	// NotYetSampled: no source has been read since the Scaler was taken up.
	NotYetSampled Code = "NotYetSampled"
)

// Reasons of the condition ScalingLimited: what, if anything, clips the wanted replica count.
const (
	// DesiredWithinRange: nothing limits the wanted count.
	DesiredWithinRange Code = "DesiredWithinRange"
	// TooFewReplicas: the minimum raised the wanted count.
	TooFewReplicas Code = "TooFewReplicas"
	// TooManyReplicas: the maximum cut the wanted count.
	TooManyReplicas Code = "TooManyReplicas"
	// ScaleUpLimit: a scale-up policy cut the step.
	ScaleUpLimit Code = "ScaleUpLimit"
	// ScaleDownLimit: a scale-down policy cut the step.
	ScaleDownLimit Code = "ScaleDownLimit"
	// ScheduleFloor: an open schedule window raised the wanted count.
	ScheduleFloor Code = "ScheduleFloor"
	// ScheduleCap: an open schedule window cut the wanted count.
	ScheduleCap Code = "ScheduleCap"
	// GuardrailCap: a guardrail's bound cut the wanted count.
	GuardrailCap Code = "GuardrailCap"
)

// Reasons of the conditions Fallback and Paused.
const (
	// FallbackActive: a source failed often enough for its fallback to stand in.
	FallbackActive Code = "FallbackActive"
	// NoFallback: no fallback stands in.
	NoFallback Code = "NoFallback"
	// Paused: scaling is paused, wholly or in one direction.
	Paused Code = "Paused"
	// NotPaused: scaling is not paused.
	NotPaused Code = "NotPaused"
)

// Reasons that appear in decision traces only: which stage changed the number, and why.
const (
	// WithinTolerance: the ratio is close enough to 1 for the count to stay.
	WithinTolerance Code = "WithinTolerance"
	// MaximumOfProposals: the highest proposal won.
	MaximumOfProposals Code = "MaximumOfProposals"
	// PartialData: some metrics have no answer, so the count is not lowered.
	PartialData Code = "PartialData"
	// FromZero: the answer is written in one step.
	FromZero Code = "FromZero"
	// OutsideBounds: the current count was outside the bounds and is brought back at once.
	OutsideBounds Code = "OutsideBounds"
	// RestartGuard: after a cold start nothing is lowered before one down window is known.
	RestartGuard Code = "RestartGuard"
	// RollingOut: the target is rolling out, so nothing is lowered.
	RollingOut Code = "RollingOut"
)

// Reasons of admission warnings, denials and metrics.
const (
	// Completed: fields were added.
	Completed Code = "Completed"
	// Unchanged: the object needed nothing.
	Unchanged Code = "Unchanged"
	// NotEnrolled: the object is none of Plimsoll's business.
	NotEnrolled Code = "NotEnrolled"
	// UnknownKey: an annotation under plimsoll.dev/ that does not exist.
	UnknownKey Code = "UnknownKey"
	// InvalidValue: an annotation's value is malformed or out of range.
	InvalidValue Code = "InvalidValue"
	// NotApplicable: an annotation has no meaning on this kind of object.
	NotApplicable Code = "NotApplicable"
	// Skipped: a setting was deliberately not applied; the message says why.
	Skipped Code = "Skipped"
	// InternalError: Plimsoll failed; the request was allowed unchanged.
	InternalError Code = "InternalError"
)
