package enroll

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

func deployment(name, uid string, annotations map[string]string) *workload {
	return &workload{kind: subject.Deployment, object: &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(uid), Annotations: annotations},
	}}
}

func statefulSet(name, uid string, annotations map[string]string) *workload {
	return &workload{kind: subject.StatefulSet, object: &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, UID: types.UID(uid), Annotations: annotations},
	}}
}

func scales() map[string]string {
	return map[string]string{"plimsoll.dev/max-replicas": "5", "plimsoll.dev/cpu": "70%"}
}

func namespace() *resolve.Namespace { return resolve.NewNamespace("ns", nil, nil, nil) }

// made gives the Scaler that would be there for a workload.
func made(name string, w *workload) *v1alpha1.Scaler {
	spec := wish(w, namespace()).spec
	yes := true
	return &v1alpha1.Scaler{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: name, Labels: map[string]string{ManagedByLabel: ManagedByValue},
			OwnerReferences: []metav1.OwnerReference{{UID: w.object.GetUID(), Controller: &yes, Kind: w.kind.String(), Name: w.object.GetName()}},
		},
		Spec: *spec,
	}
}

func byHand(name string) *v1alpha1.Scaler {
	return &v1alpha1.Scaler{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
}

func TestPlan(t *testing.T) {
	web, stateful := deployment("web", "d", scales()), statefulSet("web", "s", scales())
	edited := made("web", web)
	edited.Spec.MaxReplicas = 99
	old := made("web", deployment("web", "an earlier one", scales()))
	orphan := made("web", web)
	orphan.OwnerReferences = nil
	malformed := deployment("web", "d", map[string]string{"plimsoll.dev/max-replicas": "5", "plimsoll.dev/triggers": "not yaml: ["})
	for name, test := range map[string]struct {
		workloads []*workload
		scalers   []*v1alpha1.Scaler
		apply     string
		remove    string
		blocked   string
	}{
		"new":                          {[]*workload{web}, nil, "web", "", ""},
		"in step":                      {[]*workload{web}, []*v1alpha1.Scaler{made("web", web)}, "", "", ""},
		"edited by hand":               {[]*workload{web}, []*v1alpha1.Scaler{edited}, "web", "", ""},
		"annotations gone":             {[]*workload{deployment("web", "d", nil)}, []*v1alpha1.Scaler{made("web", web)}, "", "web", ""},
		"written by hand":              {[]*workload{web}, []*v1alpha1.Scaler{byHand("web")}, "", "", "web"},
		"by hand, nothing wanted":      {[]*workload{deployment("web", "d", nil)}, []*v1alpha1.Scaler{byHand("web")}, "", "", ""},
		"replaced by one of its name":  {[]*workload{web}, []*v1alpha1.Scaler{old}, "", "web", ""},
		"orphaned":                     {[]*workload{web}, []*v1alpha1.Scaler{orphan}, "web", "", ""},
		"both kinds at once":           {[]*workload{web, stateful}, nil, "web web-statefulset", "", ""},
		"a second kind":                {[]*workload{web, stateful}, []*v1alpha1.Scaler{made("web", stateful)}, "web-deployment", "", ""},
		"both kinds in step":           {[]*workload{web, stateful}, []*v1alpha1.Scaler{made("web", stateful), made("web-deployment", web)}, "", "", ""},
		"malformed, there is one":      {[]*workload{malformed}, []*v1alpha1.Scaler{made("web", web)}, "", "", ""},
		"malformed, there is none":     {[]*workload{malformed}, nil, "", "", ""},
		"another workload's of a name": {[]*workload{deployment("web-statefulset", "x", nil)}, []*v1alpha1.Scaler{made("web-statefulset", stateful)}, "", "", ""},
		"workload gone":                {nil, []*v1alpha1.Scaler{made("web", web)}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var wanted []want
			for _, w := range test.workloads {
				wanted = append(wanted, wish(w, namespace()))
			}
			p := planFor(wanted, test.scalers)
			var apply, remove, blocked []string
			for _, a := range p.apply {
				apply = append(apply, a.name)
			}
			for _, s := range p.remove {
				remove = append(remove, s.Name)
			}
			for _, b := range p.blocked {
				blocked = append(blocked, b.name)
			}
			for what, pair := range map[string][2]string{
				"apply": {strings.Join(apply, " "), test.apply}, "remove": {strings.Join(remove, " "), test.remove},
				"blocked": {strings.Join(blocked, " "), test.blocked},
			} {
				if pair[0] != pair[1] {
					t.Errorf("%s: got %q, want %q", what, pair[0], pair[1])
				}
			}
		})
	}
}

func TestWish(t *testing.T) {
	for name, test := range map[string]struct {
		annotations map[string]string
		spec, keep  bool
		problem     string
	}{
		"nothing":           {nil, false, false, ""},
		"scales":            {scales(), true, false, ""},
		"opted out":         {map[string]string{"plimsoll.dev/enabled": "false", "plimsoll.dev/max-replicas": "5"}, false, false, ""},
		"no maximum":        {map[string]string{"plimsoll.dev/cooldown": "5m"}, false, false, ""},
		"unknown key":       {map[string]string{"plimsoll.dev/max-replicas": "5", "plimsoll.dev/max-replica": "6"}, true, false, ""},
		"another malformed": {map[string]string{"plimsoll.dev/max-replicas": "5", "plimsoll.dev/requests": "cpu=lots"}, true, false, ""},
		"malformed":         {map[string]string{"plimsoll.dev/max-replicas": "many"}, false, true, "max-replicas"},
		"no sense together": {map[string]string{"plimsoll.dev/max-replicas": "5", "plimsoll.dev/min-replicas": "7"}, false, true, "minReplicas"},
	} {
		t.Run(name, func(t *testing.T) {
			got := wish(deployment("web", "d", test.annotations), namespace())
			if (got.spec != nil) != test.spec || got.keep != test.keep {
				t.Errorf("spec %v, keep %t", got.spec, got.keep)
			}
			if text := ""; test.problem != "" {
				if err := describe(got.problems); err != nil {
					text = err.Error()
				}
				if !strings.Contains(text, test.problem) {
					t.Errorf("problems are %q, want %q in them", text, test.problem)
				}
			}
			if got.spec != nil && (got.spec.MinReplicas == nil || got.spec.ScaleTargetRef.Kind != "Deployment") {
				t.Errorf("spec is %+v", got.spec)
			}
		})
	}
}

func TestWarnsOnce(t *testing.T) {
	var seen told
	w := warning{uid: "u", code: "c"}
	if seen.again(w, "x") || !seen.again(w, "x") || seen.again(w, "y") {
		t.Error("want: said, not again, said when it changes")
	}
	seen.forget(w)
	if seen.again(w, "y") {
		t.Error("after it was mended it is news")
	}
}
