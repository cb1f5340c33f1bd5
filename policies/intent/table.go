package intent

import "github.com/plimsoll-dev/plimsoll/policies/subject"

// Sets of kinds that several rows share.
var (
	workloads = subject.KindsOf(subject.Deployment, subject.StatefulSet, subject.Job, subject.CronJob, subject.Namespace)
	jobs      = subject.KindsOf(subject.Job, subject.CronJob, subject.Namespace)
	cronJobs  = subject.KindsOf(subject.CronJob, subject.Namespace)
	scalable  = subject.KindsOf(subject.Deployment, subject.StatefulSet, subject.Namespace)
	own       = subject.KindsOf(subject.Deployment, subject.StatefulSet)
	templates = subject.KindsOf(subject.Job, subject.CronJob)
	everyone  = subject.KindsOf(subject.Deployment, subject.StatefulSet, subject.Job, subject.CronJob)
)

// table has one row for each key. A new key is a constant, a row here and its parser.
var table = [NumKeys]Key{
	KeyEnabled: {
		Name: "enabled", Group: GroupGeneral, On: everyone, Form: "false", Legal: "true or false",
		Default: "true in an enrolled namespace", Fails: Strict,
		Doc:   "false leaves the workload alone. (Namespaces are enrolled by the label of the same name.)",
		parse: parseEnabled, take: func(d, s *Intent) { d.Enabled = s.Enabled },
	},
	KeyRequests: {
		Name: "requests", Group: GroupComplete, On: workloads, PerContainer: true, Form: "cpu=250m,memory=256Mi",
		Legal: "a list of resource=quantity, such as cpu=250m,memory=256Mi", Fails: Strict,
		Doc:   "Fills the resource requests that containers lack. As requests.<container> for one container.",
		parse: parseRequests, take: func(d, s *Intent) { d.Requests = append(d.Requests, s.Requests...) },
	},
	KeyLimits: {
		Name: "limits", Group: GroupComplete, On: workloads, PerContainer: true, Form: "memory=512Mi",
		Legal: "a list of resource=quantity, such as memory=512Mi", Fails: Strict,
		Doc: "Fills the resource limits that containers lack. A limit never ends up below its request: it is raised to it. " +
			"As limits.<container> for one container.",
		parse: parseLimits, take: func(d, s *Intent) { d.Limits = append(d.Limits, s.Limits...) },
	},
	KeyEphemeralStorage: {
		Name: "ephemeral-storage", Group: GroupComplete, On: workloads, Form: "512Mi..2Gi",
		Legal: "a quantity such as 1Gi, or request..limit such as 512Mi..2Gi", Fails: Strict,
		Doc:   "Request and limit of ephemeral storage for containers that lack them.",
		parse: parseEphemeralStorage, take: func(d, s *Intent) { d.EphemeralStorage = s.EphemeralStorage },
	},
	KeyScratch: {
		Name: "scratch", Group: GroupComplete, On: workloads, Form: "/tmp/data=2Gi,app:/cache=1Gi",
		Legal: "a list of /path=size or container:/path=size, such as /tmp/data=2Gi,app:/cache=1Gi", Fails: Strict,
		Doc:   "Attaches emptyDir volumes with a size limit, mounted at the path in every container, or in the one named.",
		parse: parseScratch, take: func(d, s *Intent) { d.Scratch = s.Scratch },
	},
	KeyScratchSizeLimit: {
		Name: "scratch-size-limit", Group: GroupComplete, On: workloads, Form: "2Gi", Legal: "a quantity above zero, such as 2Gi",
		Fails: Strict, Doc: "sizeLimit for emptyDir volumes on disk that have none. (Memory-backed ones count as memory.)",
		parse: parseScratchSizeLimit, take: func(d, s *Intent) { d.ScratchSizeLimit = s.ScratchSizeLimit },
	},
	KeyObjectStorage: {
		Name: "object-storage", Group: GroupComplete, On: workloads, Form: "secret=minio-secret,endpoint=https://minio.example",
		Legal: "a Secret's name, or secret=NAME,endpoint=URL", Fails: Strict,
		Doc: "Sets S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY in every container that lacks them, the keys from the Secret's " +
			"access-key and secret-key. Without an endpoint here, it comes from the Secret's key endpoint, where there is one.",
		parse: parseObjectStorage, take: func(d, s *Intent) { d.ObjectStorage = s.ObjectStorage },
	},
	KeySpot: {
		Name: "spot", Group: GroupComplete, On: workloads, Form: "prefer", Legal: "prefer or require", Fails: Strict,
		Doc:   "Adds the platform's tolerations and node affinity for interruptible nodes.",
		parse: parseSpot, take: func(d, s *Intent) { d.Spot = s.Spot },
	},
	KeyTTL: {
		Name: "ttl", Group: GroupComplete, On: jobs, Form: "1h", Legal: durationLegal + ", from 0s", Fails: Strict,
		Doc: "ttlSecondsAfterFinished, where the Job does not say. Not for Jobs that Helm or Argo CD wait for or would create " +
			"again, nor for Jobs with an owner or managedBy.",
		parse: parseTTL, take: func(d, s *Intent) { d.TTL = s.TTL },
	},
	KeyTTLOnFailure: {
		Name: "ttl-on-failure", Group: GroupComplete, On: jobs, Form: "24h", Legal: durationLegal + ", from 0s", Fails: Strict,
		Doc:   "Keeps a failed Job this long, for debugging. The controller sets it when the Job fails.",
		parse: parseTTLOnFailure, take: func(d, s *Intent) { d.TTLOnFailure = s.TTLOnFailure },
	},
	KeyBackoffLimit: {
		Name: "backoff-limit", Group: GroupComplete, On: jobs, Form: "3", Legal: "a whole number from 0 to 2147483647", Fails: Strict,
		Doc:   "backoffLimit, where the Job does not say or has the API server's default of 6.",
		parse: parseBackoffLimit, take: func(d, s *Intent) { d.BackoffLimit = s.BackoffLimit },
	},
	KeyDeadline: {
		Name: "deadline", Group: GroupComplete, On: jobs, Form: "10m", Legal: durationLegal + ", from 1s", Fails: Strict,
		Doc:   "activeDeadlineSeconds, where the Job does not say.",
		parse: parseDeadline, take: func(d, s *Intent) { d.Deadline = s.Deadline },
	},
	KeyHistory: {
		Name: "history", Group: GroupComplete, On: cronJobs, Form: "successful=3,failed=1",
		Legal: "successful=N,failed=N, either or both, from 0", Fails: Strict,
		Doc:   "History limits of a CronJob, where it does not say or has the API server's defaults of 3 and 1.",
		parse: parseHistory, take: func(d, s *Intent) { d.History = s.History },
	},
	KeyMinReplicas: {
		Name: "min-replicas", Group: GroupScaling, On: scalable, Form: "0", Legal: replicasLegal, Default: "1", Fails: LastGood,
		SpecField: "minReplicas", Doc: "The lower bound. 0 lets triggers take the workload to zero and back.",
		parse: parseMinReplicas, take: func(d, s *Intent) { d.Scaling.MinReplicas = s.Scaling.MinReplicas },
	},
	KeyMaxReplicas: {
		Name: "max-replicas", Group: GroupScaling, On: scalable, Form: "20", Legal: "a whole number from 1 to 2147483647", Fails: LastGood,
		SpecField: "maxReplicas", Doc: "The upper bound. It turns scaling on.",
		parse: parseMaxReplicas, take: func(d, s *Intent) { d.Scaling.MaxReplicas = s.Scaling.MaxReplicas },
	},
	KeyCPU: {
		Name: "cpu", Group: GroupScaling, On: scalable, Form: "70%", Legal: "a percentage of the request such as 70%, or an average per pod such as 500m",
		Default: "80% where no metric, trigger or schedule is given", Fails: LastGood, SpecField: "metrics",
		Doc:   "Scales on CPU: utilization of requests, or average per pod.",
		parse: parseCPU, take: func(d, s *Intent) { d.CPU = s.CPU },
	},
	KeyMemory: {
		Name: "memory", Group: GroupScaling, On: scalable, Form: "80%", Legal: "a percentage of the request such as 80%, or an average per pod such as 1Gi",
		Fails: LastGood, SpecField: "metrics", Doc: "Scales on memory: utilization of requests, or average per pod.",
		parse: parseMemory, take: func(d, s *Intent) { d.Memory = s.Memory },
	},
	KeyMetrics: {
		Name: "metrics", Group: GroupScaling, On: own, Form: "a YAML list", Legal: "a YAML list of autoscaling/v2 MetricSpec", Fails: LastGood,
		SpecField: "metrics", Doc: "Metrics as in autoscaling/v2, verbatim.",
		parse: parseMetrics, take: func(d, s *Intent) { d.Scaling.Metrics = s.Scaling.Metrics },
	},
	KeyTriggers: {
		Name: "triggers", Group: GroupScaling, On: everyone, Form: "a YAML list",
		Legal: "a YAML list of triggers: type, metadata, name, metricType, authenticationRef", Fails: LastGood,
		SpecField: "triggers", Pending: templates,
		Doc:   "Event sources, spelt as KEDA triggers. On a Job or CronJob they make it a template for event-driven Jobs.",
		parse: parseTriggers, take: func(d, s *Intent) { d.Scaling.Triggers = s.Scaling.Triggers },
	},
	KeyBehavior: {
		Name: "behavior", Group: GroupScaling, On: scalable, Form: "YAML", Legal: "the YAML of an autoscaling/v2 behavior", Fails: LastGood,
		SpecField: "behavior", Doc: "Stabilisation windows, rate policies and tolerance, as in autoscaling/v2, verbatim.",
		parse: parseBehavior, take: func(d, s *Intent) { d.Scaling.Behavior = s.Scaling.Behavior },
	},
	KeyScrape: {
		Name: "scrape", Group: GroupScaling, On: own, Form: "port=8080,path=/metrics", Legal: "port=1..65535, and path=/… where it is not /metrics",
		Fails: LastGood, SpecField: "scrape", Doc: "Reads Pods metrics from the pods themselves: no metrics stack is needed.",
		parse: parseScrape, take: func(d, s *Intent) { d.Scaling.Scrape = s.Scaling.Scrape },
	},
	KeyNoData: {
		Name: "no-data", Group: GroupScaling, On: scalable, Form: "hold", Legal: "hold, ignore or fallback", Default: "hold", Fails: LastGood,
		SpecField: "noData", Doc: "What a metric without an answer means: keep the count from falling, leave the metric out, or use the fallback.",
		parse: parseNoData, take: func(d, s *Intent) { d.Scaling.NoData = s.Scaling.NoData },
	},
	KeyCPUInitializationPeriod: {
		Name: "cpu-initialization-period", Group: GroupScaling, On: scalable, Form: "5m", Legal: durationLegal + ", from 0s", Default: "5m", Fails: LastGood,
		SpecField: "cpuInitializationPeriod", Doc: "Time after a pod's start in which its CPU is believed only when it is Ready.",
		parse: parseCPUInitializationPeriod,
		take:  func(d, s *Intent) { d.Scaling.CPUInitializationPeriod = s.Scaling.CPUInitializationPeriod },
	},
	KeyInitialReadinessDelay: {
		Name: "initial-readiness-delay", Group: GroupScaling, On: scalable, Form: "30s", Legal: durationLegal + ", from 0s", Default: "30s", Fails: LastGood,
		SpecField: "initialReadinessDelay", Doc: "Time after a pod's start in which unreadiness is taken for the first start.",
		parse: parseInitialReadinessDelay,
		take:  func(d, s *Intent) { d.Scaling.InitialReadinessDelay = s.Scaling.InitialReadinessDelay },
	},
	KeyPollingInterval: {
		Name: "polling-interval", Group: GroupScaling, On: scalable, Form: "1s", Legal: durationLegal + ", from 1s", Default: "by kind of source", Fails: LastGood,
		SpecField: "pollingInterval", Doc: "How often sources are read. Each kind of source has a default and a floor.",
		parse: parsePollingInterval, take: func(d, s *Intent) { d.Scaling.PollingInterval = s.Scaling.PollingInterval },
	},
	KeyCooldown: {
		Name: "cooldown", Group: GroupScaling, On: scalable, Form: "5m", Legal: durationLegal + ", from 0s", Default: "5m", Fails: LastGood,
		SpecField: "cooldown", Doc: "How long every trigger must have been inactive before the workload goes to zero.",
		parse: parseCooldown, take: func(d, s *Intent) { d.Scaling.Cooldown = s.Scaling.Cooldown },
	},
	KeyInitialCooldown: {
		Name: "initial-cooldown", Group: GroupScaling, On: scalable, Form: "0s", Legal: durationLegal + ", from 0s", Default: "0s", Fails: LastGood,
		SpecField: "initialCooldown", Doc: "The same, counted from the Scaler's creation, while no trigger was ever active.",
		parse: parseInitialCooldown, take: func(d, s *Intent) { d.Scaling.InitialCooldown = s.Scaling.InitialCooldown },
	},
	KeyIdleReplicas: {
		Name: "idle-replicas", Group: GroupScaling, On: scalable, Form: "0", Legal: replicasLegal + ", below min-replicas", Fails: LastGood,
		SpecField: "idleReplicas", Doc: "Replicas while idle, below the minimum.",
		parse: parseIdleReplicas, take: func(d, s *Intent) { d.Scaling.IdleReplicas = s.Scaling.IdleReplicas },
	},
	KeyFallback: {
		Name: "fallback", Group: GroupScaling, On: scalable, Form: "replicas=3,after=3,behavior=static",
		Legal: "replicas=N, and after=N and behavior=static|currentReplicas|currentReplicasIfHigher|currentReplicasIfLower where wanted",
		Fails: LastGood, SpecField: "fallback", Doc: "What stands in for a source that keeps failing.",
		parse: parseFallback, take: func(d, s *Intent) { d.Scaling.Fallback = s.Scaling.Fallback },
	},
	KeySchedule: {
		Name: "schedule", Group: GroupScaling, On: scalable | cronJobs, Form: "a YAML list",
		Legal: "a YAML list of windows: start, end, timezone, and minReplicas, maxReplicas or replicas", Fails: LastGood,
		SpecField: "schedule",
		Doc: "Windows that act on the bounds: a floor, a cap, or both; sleep is replicas: 0. It works alone too: outside the " +
			"windows the workload has the replicas it had. On an enrolled Namespace it is for all Deployments, StatefulSets and " +
			"CronJobs that have no schedule of their own. A CronJob is suspended while asleep.",
		parse: parseSchedule, take: func(d, s *Intent) { d.Scaling.Schedule = s.Scaling.Schedule },
	},
	KeyPaused: {
		Name: "paused", Group: GroupScaling, On: scalable, Form: "true", Legal: "true, false, in, out, or until=<RFC 3339 time>", Default: "false", Fails: LastGood,
		SpecField: "paused", Doc: "Stops scaling: wholly, only lowering (in), only raising (out), or until a time.",
		parse: parsePaused, take: func(d, s *Intent) { d.Scaling.Paused = s.Scaling.Paused },
	},
	KeyReplicasOwner: {
		Name: "replicas-owner", Group: GroupScaling, On: scalable, Form: "autoscaler", Legal: "autoscaler or manifest", Default: "autoscaler", Fails: Strict,
		Pending: scalable, Doc: "Who wins when an apply resets spec.replicas.",
		parse: parseReplicasOwner, take: func(d, s *Intent) { d.ReplicasOwner = s.ReplicasOwner },
	},
	KeyMaxJobs: {
		Name: "max-jobs", Group: GroupJobs, On: templates, Form: "10", Legal: "a whole number from 1 to 2147483647", Default: "100", Fails: LastGood,
		Pending: templates, Doc: "Jobs at once, at the most.", parse: parseMaxJobs,
	},
	KeyMinJobs: {
		Name: "min-jobs", Group: GroupJobs, On: templates, Form: "0", Legal: replicasLegal, Default: "0", Fails: LastGood,
		Pending: templates, Doc: "Jobs at once, at the least.", parse: parseMinJobs,
	},
	KeyJobStrategy: {
		Name: "job-strategy", Group: GroupJobs, On: templates, Form: "accurate", Legal: "default, custom, accurate or eager", Default: "default", Fails: LastGood,
		Pending: templates, Doc: "How many Jobs to start for the work that waits.", parse: parseJobStrategy,
	},
	KeyJobRollout: {
		Name: "job-rollout", Group: GroupJobs, On: templates, Form: "gradual", Legal: "gradual or immediate", Default: "gradual", Fails: LastGood,
		Pending: templates, Doc: "What happens to running Jobs when the template changes.", parse: parseJobRollout,
	},
}
