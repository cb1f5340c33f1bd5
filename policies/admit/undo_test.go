package admit_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/test/builders"
)

// TestEverythingCanBeTakenBack: a workload made by chance is completed, its settings change a few times, and at last they
// all go. Then the object is what it was before Plimsoll came.
func TestEverythingCanBeTakenBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		dice := rand.New(rand.NewPCG(seed, 2))
		w := anyWorkload(dice)
		bare := fromJSON(t, w.JSON())
		annotate(dice, w)
		in := create(w.JSON(), plain())
		outcome := admit.Review(in)
		if !outcome.Allowed() {
			continue
		}
		stored := apply(t, in.Object, outcome.Ops)
		promises(t, in, &outcome, stored)
		for range dice.IntN(3) {
			stored = edit(t, stored, func() map[string]any { return settings(dice) })
		}
		stored = edit(t, stored, func() map[string]any { return nil })
		if diff := cmp.Diff(pruned(bare), pruned(fromJSON(t, stored))); diff != "" {
			t.Fatalf("seed %d: something stayed behind (-before +after):\n%s\nof %s", seed, diff, w.JSON())
		}
	}
}

// edit gives the stored object other settings, as an update would, and gives what is stored then.
func edit(t *testing.T, stored []byte, settings func() map[string]any) []byte {
	t.Helper()
	object := fromJSON(t, stored).(map[string]any)
	metadata := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key := range annotations {
		if strings.HasPrefix(key, intent.Prefix) && key != intent.AppliedAnnotation {
			delete(annotations, key)
		}
	}
	if annotations == nil {
		annotations = map[string]any{}
	}
	maps.Copy(annotations, settings())
	metadata["annotations"] = annotations
	in := admit.Input{
		Operation: admit.Update, OldObject: stored, Object: []byte(asJSON(t, object)),
		Namespace: plain(), Platform: patch.DefaultPlatform(),
	}
	outcome := admit.Review(in)
	if !outcome.Allowed() {
		return stored
	}
	result := apply(t, in.Object, outcome.Ops)
	promises(t, in, &outcome, result)
	return result
}

// pruned leaves out what is empty: the API server does not tell it from nothing.
func pruned(v any) any {
	switch node := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range node {
			if child := pruned(child); child != nil {
				out[key] = child
			}
		}
		if len(out) == 0 {
			return nil
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i := range node {
			out[i] = pruned(node[i])
		}
		if len(out) == 0 {
			return nil
		}
		return out
	}
	return v
}

func settings(dice *rand.Rand) map[string]any {
	w := builders.Deployment("x")
	annotate(dice, w)
	out, _ := w.Object["metadata"].(builders.Object)["annotations"].(builders.Object)
	return out
}

// annotate gives a workload some of the settings that complete objects.
func annotate(dice *rand.Rand, w *builders.Workload) {
	for _, s := range []struct {
		key    string
		values []string
	}{
		{"requests", []string{"cpu=100m", "cpu=2,memory=1Gi", "memory=64Mi,example.com/gpu=1"}},
		{"requests.app", []string{"cpu=250m", "memory=3Gi"}},
		{"limits", []string{"memory=128Mi", "cpu=1,memory=2Gi"}},
		{"ephemeral-storage", []string{"1Gi", "512Mi..2Gi"}},
		{"scratch", []string{"/cache=1Gi", "/cache=2Gi,/tmp/x=1Gi", "app:/cache=1Gi", "app:/cache=1Gi,/cache=3Gi"}},
		{"scratch-size-limit", []string{"1Gi", "2Gi"}},
		{"object-storage", []string{"minio", "secret=other,endpoint=https://s3.example/?a=b&c=d"}},
		{"spot", []string{"prefer", "require"}},
		{"max-replicas", []string{"5"}},
	} {
		if maybe(dice) {
			w.Annotate(s.key, pick(dice, s.values))
		}
	}
	for _, s := range [][2]string{{"ttl", "1h"}, {"ttl-on-failure", "24h"}, {"backoff-limit", "3"}, {"deadline", "10m"}, {"history", "successful=5"}} {
		if w.Object["kind"] == "CronJob" && maybe(dice) {
			w.Annotate(s[0], s[1])
		}
	}
}

func anyWorkload(dice *rand.Rand) *builders.Workload {
	kind := pick(dice, []func(string) *builders.Workload{builders.Deployment, builders.StatefulSet, builders.CronJob})
	w := kind("web").Annotate("team.example/owner", "x")
	for i := range dice.IntN(3) {
		w.Init(fmt.Sprintf("init%d", i), anyContainer(dice))
	}
	w.Container("app", anyContainer(dice))
	if maybe(dice) {
		w.Container("metrics", anyContainer(dice))
	}
	if maybe(dice) {
		w.Pod("volumes", []any{builders.Object{"name": "tmp", "emptyDir": builders.Object{}}, builders.Object{"name": "config", "configMap": builders.Object{"name": "c"}}})
	}
	if maybe(dice) {
		w.Pod("tolerations", []any{builders.Object{"operator": "Exists"}})
	}
	if maybe(dice) {
		w.Pod("affinity", anyAffinity(dice))
	}
	return w
}

func anyAffinity(dice *rand.Rand) builders.Object {
	zone := []any{builders.Object{"matchExpressions": []any{builders.Object{"key": "zone", "operator": "In", "values": []any{"a"}}}, "future": 1}}
	node := builders.Object{}
	if maybe(dice) {
		node["requiredDuringSchedulingIgnoredDuringExecution"] = builders.Object{"nodeSelectorTerms": zone}
	}
	if maybe(dice) {
		node["preferredDuringSchedulingIgnoredDuringExecution"] = []any{builders.Object{"weight": 1, "preference": zone[0]}}
	}
	return builders.Object{"nodeAffinity": node, "future": "field"}
}

func anyContainer(dice *rand.Rand) builders.Object {
	c := builders.Object{"future": builders.Object{"field": 1}}
	if maybe(dice) {
		c["resources"] = randomResources(dice)
	}
	if maybe(dice) {
		c["env"] = []any{builders.Object{"name": pick(dice, []string{"A", "S3_ENDPOINT"}), "value": "b"}}
	}
	if maybe(dice) {
		c["volumeMounts"] = []any{builders.Object{"name": "config", "mountPath": pick(dice, []string{"/etc/app", "/cache/below"})}}
	}
	return c
}
