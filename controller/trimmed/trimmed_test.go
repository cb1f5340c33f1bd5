package trimmed

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// heavy is metadata with everything that is to go in it, marked.
func heavy() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: "a", Namespace: "ns", UID: "u", ResourceVersion: "7", Generation: 3, Labels: map[string]string{"team": "kept"},
		Annotations: map[string]string{
			"kubectl.kubernetes.io/last-applied-configuration": "DROPPED", "plimsoll.dev/max-replicas": "kept", "helm.sh/hook": "hook",
		},
		OwnerReferences: []metav1.OwnerReference{{Name: "owner"}},
		ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "DROPPED"}},
	}
}

func template() corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: "DROPPED"}}}}
}

func TestWhatIsKept(t *testing.T) {
	three, ttl := int32(3), int32(60)
	always := corev1.ContainerRestartPolicyAlways
	for name, test := range map[string]struct {
		object any
		kept   []string
	}{
		"Deployment": {
			&appsv1.Deployment{ObjectMeta: heavy(), Spec: appsv1.DeploymentSpec{Replicas: &three, Template: template()}},
			[]string{`"replicas":3`, "max-replicas", `"team":"kept"`, `"generation":3`, `"resourceVersion":"7"`, "owner"},
		},
		"StatefulSet": {
			&appsv1.StatefulSet{ObjectMeta: heavy(), Spec: appsv1.StatefulSetSpec{Replicas: &three, Template: template()}},
			[]string{`"replicas":3`, "max-replicas"},
		},
		"Job": {
			&batchv1.Job{ObjectMeta: heavy(), Spec: batchv1.JobSpec{TTLSecondsAfterFinished: &ttl, Template: template()},
				Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: "True", Message: "DROPPED"}}}},
			[]string{`"ttlSecondsAfterFinished":60`, "Failed", "hook"},
		},
		"CronJob": {
			&batchv1.CronJob{ObjectMeta: heavy(), Spec: batchv1.CronJobSpec{Suspend: new(true), Schedule: "DROPPED",
				JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template()}}}},
			[]string{`"suspend":true`, "max-replicas"},
		},
		"Pod": {
			&corev1.Pod{ObjectMeta: heavy(), Spec: corev1.PodSpec{NodeName: "node-7",
				InitContainers: []corev1.Container{{Name: "DROPPED"}, {Name: "side", RestartPolicy: &always}},
				Containers: []corev1.Container{{Name: "app", Image: "DROPPED", Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{"cpu": resource.MustParse("100m")}, Limits: corev1.ResourceList{"cpu": resource.MustParse("12345")},
				}}},
			}, Status: corev1.PodStatus{PodIP: "10.0.0.7", HostIP: "DROPPED"}},
			[]string{"app", "side", `"cpu":"100m"`, "owner", "10.0.0.7", `"nodeName":"node-7"`, `"labels":{`},
		},
		"Namespace": {&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kept", ManagedFields: heavy().ManagedFields}}, []string{"kept"}},
	} {
		out, err := Object(test.object)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(out)
		if strings.Contains(string(text), "DROPPED") || strings.Contains(string(text), "12345") {
			t.Errorf("%s keeps what it should not: %s", name, text)
		}
		for _, kept := range test.kept {
			if !strings.Contains(string(text), kept) {
				t.Errorf("%s has lost %s: %s", name, kept, text)
			}
		}
		again, _ := Object(out)
		if twice, _ := json.Marshal(again); !bytes.Equal(twice, text) {
			t.Errorf("%s: trimming twice trims more", name)
		}
	}
}
