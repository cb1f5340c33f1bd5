package v1alpha1

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Scaler scales one workload between bounds, from metrics and from work that waits in event sources. The controller makes
// one for every workload whose annotations ask for scaling; it can also be written by hand for anything that has a scale
// subresource.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=scalers,scope=Namespaced,categories=plimsoll
// +kubebuilder:printcolumn:name="Target",type=string,JSONPath=`.status.target`
// +kubebuilder:printcolumn:name="Min",type=integer,JSONPath=`.spec.minReplicas`
// +kubebuilder:printcolumn:name="Max",type=integer,JSONPath=`.spec.maxReplicas`
// +kubebuilder:printcolumn:name="Current",type=integer,JSONPath=`.status.currentReplicas`
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.status.desiredReplicas`
// +kubebuilder:printcolumn:name="Active",type=string,JSONPath=`.status.conditions[?(@.type=="ScalingActive")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.message`
type Scaler struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says what is scaled, by what, and within which bounds.
	Spec ScalerSpec `json:"spec"`
	// Status is what the controller last found and did. It is written on transitions, never once per poll.
	// +optional
	Status ScalerStatus `json:"status,omitempty"`
}

// ScalerList is a list of Scalers.
//
// +kubebuilder:object:root=true
type ScalerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Scaler `json:"items"`
}

// ScalerSpec is the wish: target, bounds, signals and manners.
//
// +kubebuilder:validation:XValidation:rule="has(self.maxReplicas) || (has(self.schedule) && size(self.schedule) > 0 && (!has(self.metrics) || size(self.metrics) == 0) && (!has(self.triggers) || size(self.triggers) == 0))",message="maxReplicas is required, except where a schedule works alone, without metrics and triggers"
// +kubebuilder:validation:XValidation:rule="!has(self.minReplicas) || !has(self.maxReplicas) || self.minReplicas <= self.maxReplicas",message="minReplicas must not be above maxReplicas"
// +kubebuilder:validation:XValidation:rule="!has(self.idleReplicas) || self.idleReplicas < (has(self.minReplicas) ? self.minReplicas : 1)",message="idleReplicas must be below minReplicas"
type ScalerSpec struct {
	// ScaleTargetRef names the workload. Any kind with a scale subresource, in the Scaler's own namespace.
	ScaleTargetRef TargetRef `json:"scaleTargetRef"`
	// MinReplicas is the lower bound. Default 1; 0 lets triggers take the workload to zero and back.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:default=1
	// +optional
	MinReplicas *int32 `json:"minReplicas,omitempty"`
	// MaxReplicas is the upper bound. It may be left out where a schedule works alone, without metrics and triggers: then
	// nothing but the windows bounds the count from above.
	// +kubebuilder:validation:Minimum=1
	// +optional
	MaxReplicas int32 `json:"maxReplicas,omitempty"`
	// Metrics are autoscaling/v2 metric specifications. With neither metrics nor triggers nor a schedule the target is
	// 80 % CPU utilization, as in autoscaling/v2.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Metrics []autoscalingv2.MetricSpec `json:"metrics,omitempty"`
	// Triggers are event sources, spelt as KEDA triggers.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Triggers []Trigger `json:"triggers,omitempty"`
	// Behavior is autoscaling/v2's: stabilisation windows, rate policies and tolerance, per direction.
	// +optional
	Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior,omitempty"`
	// PollingInterval says how often sources are read. Each kind of source has a default and a floor.
	// +optional
	PollingInterval *metav1.Duration `json:"pollingInterval,omitempty"`
	// Cooldown is how long every trigger must have been inactive before the workload goes to zero (or to idleReplicas).
	// Default 5m.
	// +optional
	Cooldown *metav1.Duration `json:"cooldown,omitempty"`
	// InitialCooldown counts from the Scaler's creation while no trigger was ever active. Default 0s.
	// +optional
	InitialCooldown *metav1.Duration `json:"initialCooldown,omitempty"`
	// IdleReplicas is the replica count while idle, below minReplicas. Unset: the workload idles at minReplicas, or at 0
	// where minReplicas is 0.
	// +kubebuilder:validation:Minimum=0
	// +optional
	IdleReplicas *int32 `json:"idleReplicas,omitempty"`
	// Fallback says what stands in for a source that keeps failing.
	// +optional
	Fallback *Fallback `json:"fallback,omitempty"`
	// Schedule is a list of windows that act on the bounds. Without metrics and triggers it works alone: outside the windows
	// the workload has the replicas that it had before them.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	Schedule []ScheduleWindow `json:"schedule,omitempty"`
	// Paused stops scaling, wholly, in one direction, or until a time.
	// +optional
	Paused *Pause `json:"paused,omitempty"`
	// NoData says what a metric without an answer means: "hold" (default) keeps the count from falling, "ignore" leaves the
	// metric out, "fallback" uses the fallback.
	// +kubebuilder:validation:Enum=hold;ignore;fallback
	// +optional
	NoData NoDataPolicy `json:"noData,omitempty"`
	// Scrape reads Pods metrics from the pods themselves.
	// +optional
	Scrape *Scrape `json:"scrape,omitempty"`
	// CPUInitializationPeriod is the time after a pod's start in which its CPU is believed only when it is Ready. Default 5m.
	// +optional
	CPUInitializationPeriod *metav1.Duration `json:"cpuInitializationPeriod,omitempty"`
	// InitialReadinessDelay is the time after a pod's start in which unreadiness is taken for the first start. Default 30s.
	// +optional
	InitialReadinessDelay *metav1.Duration `json:"initialReadinessDelay,omitempty"`
}

// TargetRef names a workload in the same namespace.
type TargetRef struct {
	// APIVersion of the target. Default apps/v1.
	// +kubebuilder:default="apps/v1"
	// +optional
	APIVersion string `json:"apiVersion,omitempty"`
	// Kind of the target. Default Deployment.
	// +kubebuilder:default="Deployment"
	// +optional
	Kind string `json:"kind,omitempty"`
	// Name of the target.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// EnvSourceContainerName is the container whose environment triggers take parameters from (keys that end in FromEnv).
	// Default: the first of the pod template.
	// +optional
	EnvSourceContainerName string `json:"envSourceContainerName,omitempty"`
}

// Trigger is one event source, spelt as a KEDA trigger.
type Trigger struct {
	// Type of the source, such as redis, kafka or cron.
	// +kubebuilder:validation:MinLength=1
	Type string `json:"type"`
	// Name identifies the trigger in status, formulas and explanations. Default: its position, as in "trigger-0".
	// +optional
	Name string `json:"name,omitempty"`
	// Metadata are the source's parameters. Keys and defaults are KEDA's for the type.
	// +optional
	Metadata map[string]string `json:"metadata,omitempty"`
	// MetricType is AverageValue (default: the value is divided by the target per pod) or Value.
	// +kubebuilder:validation:Enum=AverageValue;Value;Utilization
	// +optional
	MetricType autoscalingv2.MetricTargetType `json:"metricType,omitempty"`
	// AuthenticationRef names where credentials come from.
	// +optional
	AuthenticationRef *AuthenticationRef `json:"authenticationRef,omitempty"`
}

// AuthenticationRef names the object that holds a trigger's credentials.
type AuthenticationRef struct {
	// Name of the object.
	// +kubebuilder:validation:MinLength=1
	Name string `json:"name"`
	// Kind of the object: a Secret whose keys are the parameters, or KEDA's TriggerAuthentication (default).
	// +kubebuilder:validation:Enum=Secret;TriggerAuthentication;ClusterTriggerAuthentication
	// +optional
	Kind string `json:"kind,omitempty"`
}

// FallbackBehavior says how the fallback count relates to the current one.
type FallbackBehavior string

// The behaviours of a fallback. Names are KEDA's.
const (
	FallbackStatic                  FallbackBehavior = "static"
	FallbackCurrentReplicas         FallbackBehavior = "currentReplicas"
	FallbackCurrentReplicasIfHigher FallbackBehavior = "currentReplicasIfHigher"
	FallbackCurrentReplicasIfLower  FallbackBehavior = "currentReplicasIfLower"
)

// Fallback stands in for a source after it failed several times in a row.
type Fallback struct {
	// Replicas the source proposes while it fails.
	// +kubebuilder:validation:Minimum=0
	Replicas int32 `json:"replicas"`
	// After is the number of failures in a row. Default 3.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:default=3
	// +optional
	After int32 `json:"after,omitempty"`
	// Behavior: static (default), currentReplicas, currentReplicasIfHigher, currentReplicasIfLower.
	// +kubebuilder:validation:Enum=static;currentReplicas;currentReplicasIfHigher;currentReplicasIfLower
	// +kubebuilder:default=static
	// +optional
	Behavior FallbackBehavior `json:"behavior,omitempty"`
}

// ScheduleWindow is open from a start to the next end. Open windows act on the bounds: floors combine by maximum, caps by
// minimum, replicas is a floor and a cap in one.
//
// +kubebuilder:validation:XValidation:rule="has(self.minReplicas) || has(self.maxReplicas) || has(self.replicas)",message="a window needs minReplicas, maxReplicas or replicas"
// +kubebuilder:validation:XValidation:rule="!has(self.replicas) || (!has(self.minReplicas) && !has(self.maxReplicas))",message="replicas fixes the count: it stands alone"
type ScheduleWindow struct {
	// Start is a cron expression with five fields.
	// +kubebuilder:validation:MinLength=1
	Start string `json:"start"`
	// End is a cron expression with five fields.
	// +kubebuilder:validation:MinLength=1
	End string `json:"end"`
	// Timezone is an IANA time zone name. Default UTC.
	// +optional
	Timezone string `json:"timezone,omitempty"`
	// MinReplicas is a floor while the window is open.
	// +kubebuilder:validation:Minimum=0
	// +optional
	MinReplicas *int32 `json:"minReplicas,omitempty"`
	// MaxReplicas is a cap while the window is open.
	// +kubebuilder:validation:Minimum=0
	// +optional
	MaxReplicas *int32 `json:"maxReplicas,omitempty"`
	// Replicas fixes the count while the window is open. 0 is sleep.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
}

// PauseMode says which way scaling is paused.
type PauseMode string

// The pause modes: everything, only lowering ("in"), only raising ("out").
const (
	PauseAll PauseMode = "all"
	PauseIn  PauseMode = "in"
	PauseOut PauseMode = "out"
)

// Pause stops scaling.
type Pause struct {
	// Mode: all (default), in (never lower) or out (never raise).
	// +kubebuilder:validation:Enum=all;in;out
	// +kubebuilder:default=all
	// +optional
	Mode PauseMode `json:"mode,omitempty"`
	// Until ends the pause by itself.
	// +optional
	Until *metav1.Time `json:"until,omitempty"`
}

// NoDataPolicy says what a metric without an answer means.
type NoDataPolicy string

// The policies for missing data.
const (
	NoDataHold     NoDataPolicy = "hold"
	NoDataIgnore   NoDataPolicy = "ignore"
	NoDataFallback NoDataPolicy = "fallback"
)

// Scrape says where the pods themselves answer for Pods metrics.
type Scrape struct {
	// Port number on the pod.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port"`
	// Path of the metrics page. Default /metrics.
	// +kubebuilder:default="/metrics"
	// +optional
	Path string `json:"path,omitempty"`
}

// Condition types of a Scaler.
const (
	// ConditionReady: the specification is valid and served.
	ConditionReady = "Ready"
	// ConditionAbleToScale: the target can be read and written.
	ConditionAbleToScale = "AbleToScale"
	// ConditionScalingActive: metrics or triggers lead the count.
	ConditionScalingActive = "ScalingActive"
	// ConditionScalingLimited: something clips the wanted count.
	ConditionScalingLimited = "ScalingLimited"
	// ConditionFallback: a fallback stands in for a failing source.
	ConditionFallback = "Fallback"
	// ConditionPaused: scaling is paused.
	ConditionPaused = "Paused"
)

// ScalerStatus is what the controller last found and did.
type ScalerStatus struct {
	// ObservedGeneration of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Target as Kind/name, for printing.
	// +optional
	Target string `json:"target,omitempty"`
	// CurrentReplicas is the target's spec.replicas when last decided.
	// +optional
	CurrentReplicas *int32 `json:"currentReplicas,omitempty"`
	// DesiredReplicas is the last decision.
	// +optional
	DesiredReplicas *int32 `json:"desiredReplicas,omitempty"`
	// Reason of the last decision: the most telling of the conditions' reasons.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message of the last decision, for people.
	// +optional
	Message string `json:"message,omitempty"`
	// LastScaleTime is when the count was last written.
	// +optional
	LastScaleTime *metav1.Time `json:"lastScaleTime,omitempty"`
	// LastActiveTime is when a trigger was last active, as far as the status was written since.
	// +optional
	LastActiveTime *metav1.Time `json:"lastActiveTime,omitempty"`
	// Conditions: Ready, AbleToScale, ScalingActive, ScalingLimited, Fallback, Paused.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// Metrics are the metrics and triggers with their value, target and proposal when the status was written.
	// +listType=atomic
	// +optional
	Metrics []MetricStatus `json:"metrics,omitempty"`
	// Decisions are the last decisions that changed something, newest first, bounded in number.
	// +kubebuilder:validation:MaxItems=10
	// +listType=atomic
	// +optional
	Decisions []DecisionRecord `json:"decisions,omitempty"`
	// Digest is the engine's state, so that a restart does not lower what it does not know yet.
	// +optional
	Digest string `json:"digest,omitempty"`
}

// MetricStatus is one metric or trigger as it was when the status was written.
type MetricStatus struct {
	// Name of the metric or trigger.
	Name string `json:"name"`
	// Type of the metric (Resource, Pods, …) or of the trigger (redis, cron, …).
	Type string `json:"type"`
	// Value that was read. Absent when the source had no answer.
	// +optional
	Value *resource.Quantity `json:"value,omitempty"`
	// Target per pod, or in all, or in percent: as the specification has it.
	// +optional
	Target string `json:"target,omitempty"`
	// Proposal is the replica count this metric alone asks for. Absent when it has no answer.
	// +optional
	Proposal *int32 `json:"proposal,omitempty"`
	// Active says whether the trigger is above its activation threshold.
	// +optional
	Active *bool `json:"active,omitempty"`
	// Time of the sample.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
	// Error of the last read, where it failed. Never holds a credential.
	// +optional
	Error string `json:"error,omitempty"`
}

// DecisionRecord is one decision that changed something.
type DecisionRecord struct {
	// Time of the decision.
	Time metav1.MicroTime `json:"time"`
	// From and To are replica counts.
	From int32 `json:"from"`
	To   int32 `json:"to"`
	// Reason of the decision.
	Reason string `json:"reason"`
	// Trace has one entry for each stage that changed the number.
	// +kubebuilder:validation:MaxItems=24
	// +listType=atomic
	// +optional
	Trace []TraceEntry `json:"trace,omitempty"`
	// LagMilliseconds from the oldest sample that led to it until the write was answered.
	// +optional
	LagMilliseconds int64 `json:"lagMilliseconds,omitempty"`
}

// TraceEntry is one stage of a decision.
type TraceEntry struct {
	// Stage name, such as "proposals", "stabilize", "bounds".
	Stage string `json:"stage"`
	// Before and After are the count before and after the stage.
	Before int32 `json:"before"`
	After  int32 `json:"after"`
	// Reason code.
	Reason string `json:"reason"`
	// Detail for people.
	// +optional
	Detail string `json:"detail,omitempty"`
}
