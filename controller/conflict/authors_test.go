package conflict

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func entry(manager, fields string, minute int) metav1.ManagedFieldsEntry {
	at := metav1.NewTime(time.Unix(1767225600, 0).Add(time.Duration(minute) * time.Minute))
	return metav1.ManagedFieldsEntry{Manager: manager, Time: &at, FieldsV1: metav1.NewFieldsV1(fields)}
}

func TestAuthor(t *testing.T) {
	const replicas, template = `{"f:spec":{"f:replicas":{}}}`, `{"f:spec":{"f:template":{"f:replicas":{}}}}`
	for name, test := range map[string]struct {
		entries []metav1.ManagedFieldsEntry
		want    string
	}{
		"nobody":              {nil, ""},
		"the only one":        {[]metav1.ManagedFieldsEntry{entry("kubectl", replicas, 0)}, "kubectl"},
		"the last one":        {[]metav1.ManagedFieldsEntry{entry("helm", replicas, 2), entry("kubectl", replicas, 1)}, "helm"},
		"not Plimsoll":        {[]metav1.ManagedFieldsEntry{entry("kubectl", replicas, 0), entry("plimsoll", replicas, 1)}, "kubectl"},
		"not of other fields": {[]metav1.ManagedFieldsEntry{entry("kubectl", replicas, 0), entry("helm", template, 1)}, "kubectl"},
		"unreadable":          {[]metav1.ManagedFieldsEntry{entry("kubectl", `{`, 0), {Manager: "x"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := authorOf(test.entries); got != test.want {
				t.Errorf("author %q, want %q", got, test.want)
			}
		})
	}
}

func TestAdvice(t *testing.T) {
	a := &Authors{}
	for author, want := range map[string]string{
		"argocd-controller": "ignoreDifferences", "kustomize-controller": "Flux", "helm-controller": "chart", "Helm": "chart",
		"kubectl-client-side-apply": "applied", "kube-controller-manager": "HorizontalPodAutoscaler", "": "alone", "terraform": "alone",
	} {
		if got := a.Advice(author); !strings.Contains(got, want) {
			t.Errorf("advice on %q is %q, without %q", author, got, want)
		}
	}
}
