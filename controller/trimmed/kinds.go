package trimmed

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

func deployment(d *appsv1.Deployment) *appsv1.Deployment {
	out := &appsv1.Deployment{TypeMeta: d.TypeMeta, ObjectMeta: meta(&d.ObjectMeta)}
	out.Spec.Replicas, out.Spec.Selector, out.Spec.Paused = d.Spec.Replicas, d.Spec.Selector, d.Spec.Paused
	out.Spec.Template.ResourceVersion = Environment(d)
	out.Status = appsv1.DeploymentStatus{
		ObservedGeneration: d.Status.ObservedGeneration, Replicas: d.Status.Replicas,
		UpdatedReplicas: d.Status.UpdatedReplicas, ReadyReplicas: d.Status.ReadyReplicas,
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentProgressing {
			out.Status.Conditions = []appsv1.DeploymentCondition{{Type: c.Type, Status: c.Status, Reason: c.Reason}}
		}
	}
	return out
}

func statefulSet(s *appsv1.StatefulSet) *appsv1.StatefulSet {
	out := &appsv1.StatefulSet{TypeMeta: s.TypeMeta, ObjectMeta: meta(&s.ObjectMeta)}
	out.Spec.Replicas, out.Spec.Selector, out.Spec.UpdateStrategy = s.Spec.Replicas, s.Spec.Selector, s.Spec.UpdateStrategy
	out.Spec.Template.ResourceVersion = Environment(s)
	out.Status = appsv1.StatefulSetStatus{
		ObservedGeneration: s.Status.ObservedGeneration, Replicas: s.Status.Replicas, ReadyReplicas: s.Status.ReadyReplicas,
		UpdatedReplicas: s.Status.UpdatedReplicas, CurrentRevision: s.Status.CurrentRevision, UpdateRevision: s.Status.UpdateRevision,
	}
	return out
}

// job keeps what says how long a finished Job stays, and who waits for it.
func job(j *batchv1.Job) *batchv1.Job {
	out := &batchv1.Job{TypeMeta: j.TypeMeta, ObjectMeta: meta(&j.ObjectMeta)}
	for _, key := range []string{"helm.sh/hook", "argocd.argoproj.io/hook", "argocd.argoproj.io/tracking-id"} {
		if value, ok := j.Annotations[key]; ok {
			out.Annotations[key] = value
		}
	}
	out.Spec.TTLSecondsAfterFinished, out.Spec.ManagedBy = j.Spec.TTLSecondsAfterFinished, j.Spec.ManagedBy
	for _, c := range j.Status.Conditions {
		if c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed {
			out.Status.Conditions = append(out.Status.Conditions, batchv1.JobCondition{Type: c.Type, Status: c.Status})
		}
	}
	return out
}

// hpa keeps what it acts on.
func hpa(h *autoscalingv2.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscaler {
	out := &autoscalingv2.HorizontalPodAutoscaler{TypeMeta: h.TypeMeta, ObjectMeta: identity(&h.ObjectMeta)}
	out.Spec.ScaleTargetRef = h.Spec.ScaleTargetRef
	return out
}

// cronJob keeps whether it is suspended.
func cronJob(c *batchv1.CronJob) *batchv1.CronJob {
	out := &batchv1.CronJob{TypeMeta: c.TypeMeta, ObjectMeta: meta(&c.ObjectMeta)}
	out.Spec.Suspend = c.Spec.Suspend
	return out
}

// pod keeps what the engine counts pods by, their requests, where they can be asked for metrics, and what triggers select them by.
func pod(p *corev1.Pod) *corev1.Pod {
	out := &corev1.Pod{TypeMeta: p.TypeMeta, ObjectMeta: identity(&p.ObjectMeta)}
	out.Labels, out.Spec.NodeName = p.Labels, p.Spec.NodeName
	out.Spec.Containers = containers(p.Spec.Containers)
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out.Spec.InitContainers = append(out.Spec.InitContainers, containers([]corev1.Container{c})...)
		}
	}
	if p.Spec.Resources != nil && len(p.Spec.Resources.Requests) > 0 {
		out.Spec.Resources = &corev1.ResourceRequirements{Requests: p.Spec.Resources.Requests}
	}
	out.Status.Phase, out.Status.StartTime, out.Status.PodIP = p.Status.Phase, p.Status.StartTime, p.Status.PodIP
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			out.Status.Conditions = []corev1.PodCondition{{Type: c.Type, Status: c.Status, LastTransitionTime: c.LastTransitionTime}}
		}
	}
	return out
}

func containers(list []corev1.Container) []corev1.Container {
	out := make([]corev1.Container, len(list))
	for i := range list {
		out[i] = corev1.Container{Name: list[i].Name, RestartPolicy: list[i].RestartPolicy}
		out[i].Resources.Requests = list[i].Resources.Requests
	}
	return out
}
