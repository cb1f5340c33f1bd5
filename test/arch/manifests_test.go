package arch

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// TestKustomizationsListTheirFiles finds manifests that nobody would install: a file that its folder's kustomization does not
// name. A newly generated CRD is the usual one.
func TestKustomizationsListTheirFiles(t *testing.T) {
	kustomizations := 0
	err := filepath.WalkDir("../../manifests", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() != "kustomization.yaml" {
			return err
		}
		kustomizations++
		for _, missing := range notListed(t, filepath.Dir(path)) {
			t.Errorf("%s does not name %s", path, missing)
		}
		return nil
	})
	if err != nil || kustomizations == 0 {
		t.Fatalf("found %d kustomizations: %v", kustomizations, err)
	}
}

func notListed(t *testing.T, dir string) []string {
	t.Helper()
	var k struct {
		Resources []string
		Patches   []struct{ Path string }
	}
	read(t, filepath.Join(dir, "kustomization.yaml"), &k)
	listed := append([]string{"kustomization.yaml"}, k.Resources...)
	for _, patch := range k.Patches {
		listed = append(listed, patch.Path)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, entry := range entries {
		if !entry.IsDir() && filepath.Ext(entry.Name()) == ".yaml" && !slices.Contains(listed, entry.Name()) {
			missing = append(missing, entry.Name())
		}
	}
	return missing
}

// TestWebhooksDifferInSelectionOnly holds the two webhooks together: they are one but for the namespaces they select, and
// for the condition that lets only annotated objects through. A namespace is selected by at most one.
func TestWebhooksDifferInSelectionOnly(t *testing.T) {
	var configuration admissionv1.MutatingWebhookConfiguration
	read(t, "../../manifests/base/webhook.yaml", &configuration)
	if len(configuration.Webhooks) != 2 {
		t.Fatalf("%d webhooks, want 2", len(configuration.Webhooks))
	}
	enrolled, annotated := configuration.Webhooks[0], configuration.Webhooks[1]

	first, second := &enrolled.NamespaceSelector.MatchExpressions[0], &annotated.NamespaceSelector.MatchExpressions[0]
	if first.Operator != "In" || second.Operator != "NotIn" {
		t.Errorf("the selectors say %s and %s, want In and NotIn of the same label", first.Operator, second.Operator)
	}
	second.Operator = first.Operator

	conditions := annotated.MatchConditions
	last := conditions[len(conditions)-1]
	if last.Name != "has-or-had-a-plimsoll-annotation" {
		t.Errorf("the last condition of %s is %s", annotated.Name, last.Name)
	}
	annotated.MatchConditions = conditions[:len(conditions)-1]

	annotated.Name = enrolled.Name
	if diff := cmp.Diff(enrolled, annotated); diff != "" {
		t.Errorf("the webhooks differ (-enrolled +annotated):\n%s", diff)
	}
}

// TestManagerRoleIsMinimal looks for rights that the manager must not have: wildcards, Secrets, and writing
// a Deployment or a StatefulSet except through its scale.
func TestManagerRoleIsMinimal(t *testing.T) {
	var role rbacv1.ClusterRole
	read(t, "../../manifests/rbac/role.yaml", &role)
	if role.Name != "plimsoll-manager" || len(role.Rules) == 0 {
		t.Fatalf("role %q with %d rules", role.Name, len(role.Rules))
	}
	for _, fault := range excess(role.Rules) {
		t.Error(fault)
	}
}

func TestExcessFindsTooMuch(t *testing.T) {
	rule := func(group, resource, verb string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
	}
	cases := map[string]struct {
		rule   rbacv1.PolicyRule
		faults int
	}{
		"all verbs":            {rule("apps", "deployments", "*"), 1},
		"all groups":           {rule("*", "pods", "get"), 1},
		"all resources":        {rule("apps", "*", "get"), 1},
		"list secrets":         {rule("", "secrets", "list"), 1},
		"patch a deployment":   {rule("apps", "deployments", "patch"), 1},
		"patch a scale":        {rule("apps", "deployments/scale", "patch"), 0},
		"get a secret":         {rule("", "secrets", "get"), 1},
		"metrics of any name":  {rule("external.metrics.k8s.io", "*", "get"), 0},
		"watch a statefulset":  {rule("apps", "statefulsets", "watch"), 0},
		"create a job":         {rule("batch", "jobs", "create"), 0},
		"delete a statefulset": {rule("apps", "statefulsets", "delete"), 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if faults := excess([]rbacv1.PolicyRule{tc.rule}); len(faults) != tc.faults {
				t.Errorf("faults %q, want %d", faults, tc.faults)
			}
		})
	}
}

// excess says what is too much in a role's rules.
func excess(rules []rbacv1.PolicyRule) []string {
	// Metrics are resources of these groups, named by whoever serves them.
	metrics := []string{"custom.metrics.k8s.io", "external.metrics.k8s.io"}
	var faults []string
	for _, rule := range rules {
		text := rule.String()
		reads := !slices.ContainsFunc(rule.Verbs, func(v string) bool { return !slices.Contains([]string{"get", "list", "watch"}, v) })
		named := !slices.ContainsFunc(rule.APIGroups, func(g string) bool { return !slices.Contains(metrics, g) })
		switch {
		case slices.Contains(rule.Verbs, "*") || slices.Contains(rule.APIGroups, "*") || slices.Contains(rule.Resources, "*") && !named:
			faults = append(faults, "a wildcard: "+text)
		case slices.Contains(rule.Resources, "secrets"):
			faults = append(faults, "Secrets, which are in a role of their own: "+text)
		case !reads && (slices.Contains(rule.Resources, "deployments") || slices.Contains(rule.Resources, "statefulsets")):
			faults = append(faults, "writing a workload other than its scale: "+text)
		}
	}
	return faults
}

// read reads a YAML file of one document.
func read(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte("\n---\n")) > 0 {
		t.Fatalf("%s holds several documents", path)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
