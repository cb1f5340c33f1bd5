package resolve_test

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/test/builders"
)

func namespace(name, enabled string, annotations map[string]string) *resolve.Namespace {
	return resolve.NewNamespace(name, map[string]string{intent.EnabledLabel: enabled}, annotations, nil)
}

func decode(t *testing.T, w *builders.Workload) *subject.Subject {
	t.Helper()
	s, err := subject.Decode(w.JSON())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ownedBy(apiVersion, kind string, controller bool) []any {
	return []any{builders.Object{"apiVersion": apiVersion, "kind": kind, "name": "o", "uid": "u", "controller": controller}}
}

func TestGates(t *testing.T) {
	t.Parallel()
	web := func() *builders.Workload { return builders.Deployment("web").Container("app") }
	run := func() *builders.Workload { return builders.Job("run").Container("app") }
	in, out := namespace("serverless", "true", nil), namespace("serverless", "", nil)
	own := namespace("plimsoll-system", "true", nil)
	own.Own = true
	for name, c := range map[string]struct {
		workload *builders.Workload
		ns       *resolve.Namespace
		want     resolve.Gate
	}{
		"enrolled":                   {web(), in, resolve.Open},
		"annotated":                  {web().Annotate("ttl", "1h"), out, resolve.Open},
		"neither":                    {web(), out, resolve.NotEnrolled},
		"the stamp alone":            {web().Annotate("applied", "{}"), out, resolve.NotEnrolled},
		"a label of another value":   {web(), namespace("serverless", "True", nil), resolve.NotEnrolled},
		"kube-system":                {web().Annotate("ttl", "1h"), namespace("kube-system", "true", nil), resolve.SystemNamespace},
		"kube-public":                {web(), namespace("kube-public", "true", nil), resolve.SystemNamespace},
		"kube-node-lease":            {web(), namespace("kube-node-lease", "true", nil), resolve.SystemNamespace},
		"Plimsoll's own":             {web(), own, resolve.SystemNamespace},
		"being deleted":              {web().Meta("deletionTimestamp", "2026-01-01T00:00:00Z"), in, resolve.BeingDeleted},
		"a CronJob's Job":            {run().Meta("ownerReferences", ownedBy("batch/v1", "CronJob", true)), in, resolve.Controlled},
		"a Deployment's Deployment":  {web().Meta("ownerReferences", ownedBy("apps/v1", "Deployment", true)), in, resolve.Controlled},
		"Plimsoll's Job":             {run().Meta("ownerReferences", ownedBy("plimsoll.dev/v1alpha1", "JobScaler", true)), in, resolve.Controlled},
		"an owner, not a controller": {run().Meta("ownerReferences", ownedBy("batch/v1", "CronJob", false)), in, resolve.Open},
		"another's Job":              {run().Meta("ownerReferences", ownedBy("argoproj.io/v1alpha1", "Workflow", true)), in, resolve.Open},
		"of another CronJob kind":    {run().Meta("ownerReferences", ownedBy("batch.volcano.sh/v1", "CronJob", true)), in, resolve.Open},
		"opted out":                  {web().Annotate("enabled", "false"), in, resolve.OptedOut},
		"opted in":                   {web().Annotate("enabled", "true"), out, resolve.Open},
		"opted out by a typo":        {web().Annotate("enabled", "flase"), in, resolve.Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := resolve.Resolve(decode(t, c.workload), c.ns)
			if r.Gate != c.want || r.Enrolled != (c.want == resolve.Open) || (r.Reason == reason.NotEnrolled) == r.Enrolled {
				t.Errorf("it %s: enrolled %t, reason %q", r.Gate, r.Enrolled, r.Reason)
			}
		})
	}
}

func TestOtherKindsAreShut(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{"plimsoll.dev/ttl":"1h"}}}`,
		`{"apiVersion":"apps/v2","kind":"Deployment","metadata":{"annotations":{"plimsoll.dev/ttl":"1h"}}}`,
		`{"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{"plimsoll.dev/ttl":"1h"}}}`,
	} {
		s, err := subject.Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if r := resolve.Resolve(s, namespace("serverless", "true", nil)); r.Gate != resolve.OtherKind {
			t.Errorf("%s: it %s", raw, r.Gate)
		}
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	ns := namespace("serverless", "true", map[string]string{
		"plimsoll.dev/spot": "prefer", "plimsoll.dev/ttl": "1h", "plimsoll.dev/max-replicas": "9", "plimsoll.dev/cpu": "50%", "plimsoll.dev/paused": "true",
	})
	r := resolve.Resolve(decode(t, builders.Deployment("web").Container("app").Annotate("spot", "require").Annotate("paused", "false")), ns)
	i := &r.Intent
	if i.Spot != intent.SpotRequire || i.Sources[intent.KeySpot].Layer != intent.Workload {
		t.Errorf("spot is %s by %s", i.Spot, i.Sources[intent.KeySpot])
	}
	if i.Scaling.MaxReplicas != 9 || i.Sources[intent.KeyMaxReplicas].Layer != intent.OnNamespace {
		t.Errorf("max-replicas is %d by %s", i.Scaling.MaxReplicas, i.Sources[intent.KeyMaxReplicas])
	}
	if i.Scaling.Paused != nil {
		t.Error("the workload's paused: false does not hold against its Namespace")
	}
	if r.Own.Has(intent.KeyMaxReplicas) || !r.Own.Has(intent.KeySpot) {
		t.Error("Own is not what the workload says itself")
	}
	if !i.Scales() {
		t.Error("a workload with a scaling key of its own takes the Namespace's bounds")
	}
}
