package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
)

func TestCommandLine(t *testing.T) {
	e := start(t)
	for name, test := range map[string]func(*testing.T, *env){
		"annotate":       annotates,
		"asks":           asks,
		"changed":        changedMeanwhile,
		"refuses":        refuses,
		"many":           many,
		"files":          files,
		"foretells":      foretells,
		"withdraws":      withdraws,
		"the user's own": limitedUser,
	} {
		t.Run(name, func(t *testing.T) { test(t, e) })
	}
}

func annotates(t *testing.T, e *env) {
	e.namespace(t, "annotates")
	dry := e.run(t, nobody(), "annotate", "deploy/web", "-n", "annotates", "--max", "10", "--dry-run=server")
	dry.says(t, exitcode.OK, "+plimsoll.dev/max-replicas: \"10\"\n", "deployment.apps/web annotated (server dry run)\n")
	if a := e.web(t, "annotates").Annotations; a["plimsoll.dev/max-replicas"] != "" {
		t.Fatalf("a dry run wrote %v", a)
	}
	got := e.run(t, nobody(), "annotate", "deploy/web", "-n", "annotates", "--yes", "--cpu", "70%", "--max", "10", "--limits", "app:memory=1Gi")
	got.says(t, exitcode.OK,
		"+plimsoll.dev/cpu: 70%\n", "+plimsoll.dev/limits.app: memory=1Gi\n",
		"and its pods are replaced", "spec.template.spec.containers[app].resources.limits.memory  1Gi\n",
		"deployment.apps/web annotated\n")
	d := e.web(t, "annotates")
	for key, want := range map[string]string{"cpu": "70%", "max-replicas": "10", "limits.app": "memory=1Gi"} {
		if got := d.Annotations["plimsoll.dev/"+key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if limit := d.Spec.Template.Spec.Containers[0].Resources.Limits.Memory().String(); limit != "1Gi" {
		t.Errorf("admission left the limit at %s", limit)
	}
	if !slices.ContainsFunc(d.ManagedFields, func(m metav1.ManagedFieldsEntry) bool {
		return m.Manager == "kubectl-plimsoll" && strings.Contains(m.FieldsV1.GetRawString(), "plimsoll.dev/cpu")
	}) {
		t.Errorf("no field manager kubectl-plimsoll in %v", d.ManagedFields)
	}
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "annotates", "--yes", "--cpu", "70%").
		says(t, exitcode.OK, "deployment.apps/web unchanged\n")
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "annotates", "--yes", "cpu-", "plimsoll.dev/memory=80%").
		says(t, exitcode.OK, "-plimsoll.dev/cpu: 70%\n", "+plimsoll.dev/memory: 80%\n")
	if a := e.web(t, "annotates").Annotations; a["plimsoll.dev/cpu"] != "" || a["plimsoll.dev/memory"] != "80%" {
		t.Errorf("annotations are %v", a)
	}
}

func asks(t *testing.T, e *env) {
	e.namespace(t, "asks")
	args := []string{"annotate", "deploy/web", "-n", "asks", "--max", "5"}
	e.run(t, nobody(), args...).says(t, exitcode.Mistaken, "standard input is no terminal", "--yes")
	e.run(t, &person{answer: "n\n"}, args...).says(t, exitcode.Denied, "Annotate deployment.apps/web? [y/N]", "nothing was written")
	e.run(t, &person{answer: "\n"}, args...).says(t, exitcode.Denied, "nothing was written")
	if a := e.web(t, "asks").Annotations; a["plimsoll.dev/max-replicas"] != "" {
		t.Fatalf("without a yes it wrote %v", a)
	}
	e.run(t, &person{answer: "y\n"}, args...).says(t, exitcode.OK, "deployment.apps/web annotated\n")
	if a := e.web(t, "asks").Annotations; a["plimsoll.dev/max-replicas"] != "5" {
		t.Errorf("after a yes there is %v", a)
	}
}

// changedMeanwhile: between showing and writing, somebody else writes.
func changedMeanwhile(t *testing.T, e *env) {
	e.namespace(t, "changed")
	kubectl := func(args ...string) func() {
		return func() {
			_, err := e.cluster.Kubectl(t.Context(), append(args, "-n", "changed")...)
			must(t, err)
		}
	}
	args := []string{"annotate", "deploy/web", "-n", "changed", "--max"}
	e.run(t, &person{"y\n", kubectl("label", "deployment/web", "a=b")}, append(args, "5")...).says(t, exitcode.OK, "annotated")
	if d := e.web(t, "changed"); d.Annotations["plimsoll.dev/max-replicas"] != "5" || d.Labels["a"] != "b" {
		t.Errorf("of two writers one is lost: %v %v", d.Annotations, d.Labels)
	}
	e.run(t, &person{"y\n", kubectl("annotate", "--overwrite", "deployment/web", "plimsoll.dev/max-replicas=7")}, append(args, "9")...).says(t, exitcode.Mistaken, "changed by somebody else meanwhile")
	if a := e.web(t, "changed").Annotations; a["plimsoll.dev/max-replicas"] != "7" {
		t.Errorf("the other writer's 7 became %v", a)
	}
	e.run(t, &person{"y\n", kubectl("delete", "deployment/web")}, append(args, "9")...).says(t, exitcode.Mistaken, `"web" not found`)
}

func refuses(t *testing.T, e *env) {
	e.namespace(t, "refuses")
	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"an absent object":    {[]string{"deploy/nobody", "--max", "5"}, exitcode.Mistaken, `"nobody" not found`},
		"an absent namespace": {[]string{"deploy/web", "--max", "5", "-n", "nowhere"}, exitcode.Mistaken, "not found"},
		"no such type":        {[]string{"deplyoment/web", "--max", "5"}, exitcode.Mistaken, "deplyoment"},
		"another kind":        {[]string{"sa/default", "--max", "5"}, exitcode.Mistaken, "no annotations for a ServiceAccount of v1; legal are Deployment"},
		"no kind of the key":  {[]string{"deploy/web", "--ttl", "1h"}, exitcode.Mistaken, "plimsoll.dev/ttl has no meaning on a Deployment; it is for Job"},
		"a value":             {[]string{"deploy/web", "--max", "many"}, exitcode.Mistaken, `plimsoll.dev/max-replicas: invalid value "many": not a whole number; legal is`},
		"an unknown key":      {[]string{"deploy/web", "max-replica=5"}, exitcode.Mistaken, "did you mean plimsoll.dev/max-replicas?"},
		"values together":     {[]string{"deploy/web", "--min", "5", "--max", "3"}, exitcode.Denied, "is above plimsoll.dev/max-replicas: 3"},
		"metrics alone":       {[]string{"deploy/web", "--cpu", "70%"}, exitcode.Denied, "plimsoll.dev/max-replicas: missing"},
		"another's key":       {[]string{"deploy/web", "example.com/a=b"}, exitcode.Mistaken, "only keys under plimsoll.dev/"},
		"the record":          {[]string{"deploy/web", "applied=b"}, exitcode.Mistaken, "Plimsoll's own record"},
		"nothing to do":       {[]string{"deploy/web"}, exitcode.Mistaken, "say what to write"},
		"nothing to do it to": {[]string{"--max", "5"}, exitcode.Mistaken, "say which objects"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"annotate", "--yes", "-n", "refuses"}, tc.args...)
			e.run(t, nobody(), args...).says(t, tc.code, tc.want)
		})
	}
	if a := e.web(t, "refuses").Annotations; a["plimsoll.dev/max-replicas"] != "" {
		t.Errorf("what was refused is there: %v", a)
	}
}

// many: nothing is written where one of several is refused.
func many(t *testing.T, e *env) {
	e.namespace(t, "many")
	second := strings.Replace(strings.ReplaceAll(web, "NAMESPACE", "many"), "name: web", "name: web2", 1)
	second = strings.Replace(second, "  labels: {team: shop}\n", "  labels: {team: shop}\n  annotations: {plimsoll.dev/max-replicas: \"2\"}\n", 1)
	e.apply(t, second)
	e.run(t, nobody(), "annotate", "deploy", "-l", "team=shop", "-n", "many", "--min", "3", "--yes").
		says(t, exitcode.Denied, "deployment.apps/web2: plimsoll.dev/min-replicas")
	if a := e.web(t, "many").Annotations; a["plimsoll.dev/min-replicas"] != "" {
		t.Errorf("one of two was written: %v", a)
	}
	e.run(t, nobody(), "annotate", "deploy", "-l", "team=shop", "-n", "many", "--max", "4", "--yes").
		says(t, exitcode.OK, "deployment.apps/web annotated\n", "deployment.apps/web2 annotated\n")
	e.run(t, nobody(), "annotate", "ns/many", "--ttl", "1h", "--yes").says(t, exitcode.OK, "namespace/many annotated\n")
	e.run(t, nobody(), "annotate", "deploy", "-l", "team=none", "-n", "many", "--max", "4", "--yes").says(t, exitcode.Mistaken, "no objects found")
}

// files name objects; what stands beside the workloads in them, of kinds that may not even exist, is left alone.
func files(t *testing.T, e *env) {
	e.namespace(t, "files")
	text := strings.ReplaceAll(web, "NAMESPACE", "files") + "---\napiVersion: example.com/v1\nkind: Unheard\nmetadata: {name: of}\n"
	file := filepath.Join(t.TempDir(), "web.yaml")
	must(t, os.WriteFile(file, []byte(text), 0o600))
	e.run(t, nobody(), "annotate", "-f", file, "--max", "3", "--yes").says(t, exitcode.OK, "deployment.apps/web annotated\n")
	e.run(t, strings.NewReader(text), "annotate", "-f", "-", "--max", "4", "--yes").says(t, exitcode.OK, "deployment.apps/web annotated\n")
	if a := e.web(t, "files").Annotations; a["plimsoll.dev/max-replicas"] != "4" {
		t.Errorf("annotations are %v", a)
	}
	e.run(t, nobody(), "annotate", "-f", file, "-n", "other", "--max", "3", "--yes").says(t, exitcode.Mistaken, "in another namespace than --namespace other")
}

// withdraws: with the last annotation goes what admission put there for it.
func withdraws(t *testing.T, e *env) {
	e.namespace(t, "withdraws")
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "withdraws", "--limits", "memory=1Gi", "--yes").says(t, exitcode.OK)
	if l := e.web(t, "withdraws").Spec.Template.Spec.Containers[0].Resources.Limits; l.Memory().String() != "1Gi" {
		t.Fatalf("limits are %v", l)
	}
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "withdraws", "--remove-all", "--yes").
		says(t, exitcode.OK, "-plimsoll.dev/limits: memory=1Gi\n", "its pods are replaced")
	if l := e.web(t, "withdraws").Spec.Template.Spec.Containers[0].Resources.Limits; len(l) > 0 {
		t.Errorf("limits are %v", l)
	}
}

// limitedUser: who may write workloads but not read namespaces can annotate.
func limitedUser(t *testing.T, e *env) {
	e.namespace(t, "limited")
	e.apply(t, `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: limited}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [get, patch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployer, namespace: limited}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
`)
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "limited", "--max", "3", "--yes", "--as", "jane").says(t, exitcode.OK, "annotated\n")
	e.run(t, nobody(), "annotate", "deploy/web", "-n", "default", "--max", "3", "--yes", "--as", "jane").says(t, exitcode.Mistaken, "forbidden")
}
