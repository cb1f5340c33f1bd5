package workload

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// informer holds the pods of the namespace ns.
type informer struct {
	pods  []corev1.Pod
	err   error
	lists int
}

func (i *informer) InNamespace(_ context.Context, namespace string) ([]corev1.Pod, error) {
	if namespace != "ns" {
		return nil, fmt.Errorf("asked for namespace %q", namespace)
	}
	i.lists++
	return i.pods, i.err
}

func pod(app, node string, phase corev1.PodPhase) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": app}},
		Spec:       corev1.PodSpec{NodeName: node}, Status: corev1.PodStatus{Phase: phase},
	}
}

func request(metadata map[string]string) sources.Request {
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: &v1alpha1.Trigger{
		Type: "kubernetes-workload", Metadata: metadata,
	}}}
}

func TestCounts(t *testing.T) {
	pods := &informer{pods: []corev1.Pod{
		pod("web", "a", corev1.PodRunning), pod("web", "a", corev1.PodRunning), pod("web", "b", corev1.PodRunning), pod("web", "", corev1.PodPending),
		pod("web", "c", corev1.PodSucceeded), pod("web", "c", corev1.PodFailed), pod("api", "a", corev1.PodRunning),
	}}
	var queries []sources.Query
	var wants []int64
	for _, test := range []struct {
		selector, byNode string
		want             int64
	}{
		{"app=web", "", 4}, {"app=api", "", 1}, {"app in (web, api)", "", 5}, {"app!=web", "", 1}, {"app=nobody", "", 0}, {"app=web", "true", 2},
	} {
		q, err := Source{Pods: pods}.Query(request(map[string]string{"podSelector": test.selector, "value": "2", "groupByNode": test.byNode}))
		if err != nil {
			t.Fatal(err)
		}
		queries, wants = append(queries, q), append(wants, test.want)
	}
	readings, err := queries[0].Open().Read(t.Context(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range wants {
		if readings[i].Err != nil || readings[i].Value != want*1000 {
			t.Errorf("question %d: %+v, want %d", i, readings[i], want)
		}
	}
	if pods.lists != 1 {
		t.Errorf("the pods were listed %d times for one batch", pods.lists)
	}
	pods.err = errors.New("pods are not known yet")
	if _, err := queries[0].Open().Read(t.Context(), queries); !errors.Is(err, pods.err) {
		t.Errorf("pods that are not known are no number: %v", err)
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		selector, want string
	}{
		"none":      {"", "podSelector is missing"},
		"malformed": {"app==,", `podSelector "app==,"`},
	} {
		_, err := Source{}.Query(request(map[string]string{"podSelector": test.selector, "value": "1"}))
		if err == nil || !failure.IsMistake(err) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want the user's mistake with %q", name, err, test.want)
		}
	}
}

func BenchmarkRead1000(b *testing.B) {
	pods := &informer{}
	for i := range 1000 {
		pods.pods = append(pods.pods, pod(fmt.Sprint(i%50), fmt.Sprint(i%9), corev1.PodRunning))
	}
	queries := make([]sources.Query, 1000)
	for i := range queries {
		queries[i], _ = Source{Pods: pods}.Query(request(map[string]string{"podSelector": fmt.Sprintf("app=%d", i%50), "value": "1"}))
	}
	r := queries[0].Open()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(b.Context(), queries); err != nil {
			b.Fatal(err)
		}
	}
}
