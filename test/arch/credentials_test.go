package arch

import (
	"os"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"
)

// TestCredentialsCannotBeListed: whoever steals the manager's token has to know a Secret's name to read it.
func TestCredentialsCannotBeListed(t *testing.T) {
	data, err := os.ReadFile("../../manifests/rbac/credentials.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(data), "\n---\n")
	var role rbacv1.ClusterRole
	if err := yaml.Unmarshal([]byte(text), &role); err != nil || role.Name != "plimsoll-credentials" || len(role.Rules) != 1 {
		t.Fatalf("role %q with %d rules: %v", role.Name, len(role.Rules), err)
	}
	if verbs := role.Rules[0].Verbs; !slices.Equal(verbs, []string{"get", "watch"}) {
		t.Errorf("verbs are %v, want get and watch", verbs)
	}
}
