package admit_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/test/builders"
	"github.com/plimsoll-dev/plimsoll/test/cases"
)

func plain() *resolve.Namespace { return resolve.NewNamespace("serverless", nil, nil, nil) }

func enrolled(annotations map[string]string) *resolve.Namespace {
	return resolve.NewNamespace("serverless", map[string]string{intent.EnabledLabel: "true"}, annotations, nil)
}

func create(object []byte, ns *resolve.Namespace) admit.Input {
	return admit.Input{Operation: admit.Create, Object: object, Namespace: ns, Platform: patch.DefaultPlatform()}
}

// A stamp is about one object. Under another name its values are the copy's own: they stay when their setting goes.
func TestCopiedStampDoesNoHarm(t *testing.T) {
	t.Parallel()
	in := create(builders.Job("first").Annotate("ttl", "1h").Container("app").JSON(), plain())
	outcome := admit.Review(in)
	copied := bytes.ReplaceAll(apply(t, in.Object, outcome.Ops), []byte(`"first"`), []byte(`"second"`))

	second := admit.Review(create(copied, plain()))
	if got := show(second.Ops); got != `[{"op":"remove","path":"/metadata/annotations/plimsoll.dev~1applied"}]` {
		t.Errorf("a copy with a stamp gives %s, want only the stamp removed", got)
	}

	stored := apply(t, copied, second.Ops)
	edited := bytes.Replace(stored, []byte(`"plimsoll.dev/ttl":"1h"`), []byte(`"team":"x"`), 1)
	third := admit.Review(admit.Input{Operation: admit.Update, Object: edited, OldObject: stored, Namespace: plain()})
	if len(third.Ops) > 0 {
		t.Errorf("the copy's own value is touched: %s", show(third.Ops))
	}
}

// A stamp that is edited is not believed either.
func TestEditedStampIsNotBelieved(t *testing.T) {
	t.Parallel()
	in := create(builders.Job("report").Annotate("ttl", "1h").Spec("backoffLimit", 2).Container("app").JSON(), plain())
	stored := apply(t, in.Object, admit.Review(in).Ops)
	forged := bytes.Replace(stored, []byte(`spec.ttlSecondsAfterFinished`), []byte(`spec.backoffLimit`), 1)
	forged = bytes.Replace(forged, []byte(`\"to\":\"3600\"`), []byte(`\"to\":\"2\"`), 1)
	edited := bytes.Replace(forged, []byte(`"plimsoll.dev/ttl":"1h"`), []byte(`"plimsoll.dev/ttl":"2h"`), 1)
	outcome := admit.Review(admit.Input{Operation: admit.Update, Object: edited, OldObject: forged, Namespace: plain()})
	if len(outcome.Changes) > 0 {
		t.Errorf("a forged stamp moves %v", outcome.Changes)
	}
}

// A key that was broken while nobody looked is an unknown wish: what its earlier value led to stays.
func TestMalformedKeyTakesNothingBack(t *testing.T) {
	t.Parallel()
	in := create(builders.Job("report").Annotate("ttl", "1h").Annotate("deadline", "10m").Container("app").JSON(), plain())
	stored := apply(t, in.Object, admit.Review(in).Ops)
	broken := bytes.Replace(stored, []byte(`"plimsoll.dev/ttl":"1h"`), []byte(`"plimsoll.dev/ttl":"1x"`), 1)
	edited := bytes.Replace(broken, []byte(`"plimsoll.dev/deadline":"10m"`), []byte(`"plimsoll.dev/deadline":"20m"`), 1)
	outcome := admit.Review(admit.Input{Operation: admit.Update, Object: edited, OldObject: broken, Namespace: plain()})
	if !outcome.Allowed() || len(outcome.Changes) != 1 || outcome.Changes[0].Key != intent.KeyDeadline {
		t.Errorf("got %q %v", outcome.Denials, outcome.Changes)
	}
	stamp, _ := patch.ReadStamp(decode(t, apply(t, edited, outcome.Ops)), "serverless")
	if _, ok := stamp.Find("spec.ttlSecondsAfterFinished"); !ok || len(stamp.Changes) != 2 {
		t.Errorf("the stamp records %v, want the TTL still", stamp.Changes)
	}
}

// Another webhook adds a container between two passes of the same request.
func TestReinvocation(t *testing.T) {
	t.Parallel()
	in := create(builders.Deployment("web").Annotate("requests", "cpu=100m").Annotate("scratch", "/cache=1Gi").Container("app").JSON(), plain())
	first := apply(t, in.Object, admit.Review(in).Ops)
	injected := bytes.Replace(first, []byte(`"containers":[`), []byte(`"containers":[{"name":"sidecar","image":"x"},`), 1)
	second := admit.Review(create(injected, plain()))
	want := []string{
		"spec.template.spec.containers[sidecar].resources.requests.cpu",
		"spec.template.spec.containers[sidecar].volumeMounts[/cache]",
	}
	var got []string
	for _, c := range second.Changes {
		got = append(got, c.Path)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the second pass changes %v, want %v", got, want)
	}
	stamp, _ := patch.ReadStamp(decode(t, apply(t, injected, second.Ops)), "serverless")
	if len(stamp.Changes) != 5 {
		t.Errorf("the stamp records %d changes, want 5: both passes", len(stamp.Changes))
	}
}

func decode(t testing.TB, raw []byte) *subject.Subject {
	t.Helper()
	s, err := subject.Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOwnNamespaceIsNeverLookedAt(t *testing.T) {
	t.Parallel()
	ns := enrolled(map[string]string{"plimsoll.dev/requests": "cpu=1"})
	ns.Own = true
	outcome := admit.Review(create(builders.Deployment("plimsoll").Container("manager").JSON(), ns))
	if outcome.Reason != reason.NotEnrolled || outcome.Skipped == "" {
		t.Errorf("got %+v", outcome)
	}
}

func TestSpotWithoutPlatform(t *testing.T) {
	t.Parallel()
	in := create(builders.Deployment("web").Annotate("spot", "require").Container("app").JSON(), plain())
	in.Platform = nil
	outcome := admit.Review(in)
	if len(outcome.Ops) > 0 || len(outcome.Warnings) != 1 || !strings.Contains(outcome.Warnings[0], "plimsoll.dev/spot: not applied") {
		t.Errorf("got %s %q", show(outcome.Ops), outcome.Warnings)
	}
}

// Bytes that are no UTF-8 reach the core only from a file; the API server's decoder replaces them.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	raw := bytes.Replace(builders.Deployment("web").Annotate("requests", "cpu=1!").Container("app").JSON(), []byte("!"), []byte("\xff"), 1)
	outcome := admit.Review(create(raw, plain()))
	if len(outcome.Denials) != 1 || !strings.Contains(outcome.Denials[0], "is not valid UTF-8") {
		t.Errorf("got %q", outcome.Denials)
	}
}

// The Namespace, its LimitRanges and the platform are shared between requests.
func TestSharedInputIsNotWritten(t *testing.T) {
	t.Parallel()
	limits := []corev1.LimitRange{{Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
		Type:                 corev1.LimitTypeContainer,
		Max:                  corev1.ResourceList{"cpu": resource.MustParse("0.5"), "memory": resource.MustParse("1e9")},
		Min:                  corev1.ResourceList{"cpu": resource.MustParse("0.1")},
		MaxLimitRequestRatio: corev1.ResourceList{"cpu": resource.MustParse("1.5")},
	}}}}}
	ns := resolve.NewNamespace("serverless", map[string]string{intent.EnabledLabel: "true"}, map[string]string{
		"plimsoll.dev/requests":           "cpu=0.05,memory=100000k",
		"plimsoll.dev/limits":             "cpu=1000m,memory=0.5Gi",
		"plimsoll.dev/scratch":            "/cache=0.5Gi",
		"plimsoll.dev/scratch-size-limit": "0.5Gi",
		"plimsoll.dev/ephemeral-storage":  "0.5Gi..1.5Gi",
		"plimsoll.dev/spot":               "require",
		"plimsoll.dev/memory":             "0.5Gi",
		"plimsoll.dev/max-replicas":       "3",
	}, limits)
	platform := patch.DefaultPlatform()
	object := builders.Deployment("web").Annotate("cpu", "500m").Container("app").Pod("volumes", []any{builders.Object{"name": "tmp", "emptyDir": builders.Object{}}}).JSON()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				if o := admit.Review(admit.Input{Operation: admit.Create, Object: object, Namespace: ns, Platform: platform}); !o.Allowed() || len(o.Ops) == 0 {
					t.Errorf("got %q", o.Denials)
				}
			}
		})
	}
	wait.Wait()
}

// Admission is in the way of every apply: whatever somebody sends, an answer comes soon. The bound is generous; what it is
// to catch takes minutes.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	unknown, perContainer := builders.Deployment("web"), builders.Deployment("web")
	for i := range 100_000 {
		unknown.Annotate(fmt.Sprintf("request%d", i), "x")
		perContainer.Annotate(fmt.Sprintf("requests.c%d", i), "cpu=1")
	}
	manyContainers := builders.Deployment("web").Annotate("requests", "cpu=1,memory=1Gi").Annotate("object-storage", "minio")
	for i := range 10_000 {
		manyContainers.Container(fmt.Sprintf("c%d", i))
	}
	var paths []string
	for i := range 64 {
		paths = append(paths, fmt.Sprintf("/d%d=1Gi", i))
	}
	manyMounts := builders.Deployment("web").Annotate("scratch", strings.Join(paths, ","))
	for i := range 500 {
		manyMounts.Container(fmt.Sprintf("c%d", i))
	}
	for name, w := range map[string]*builders.Workload{
		"unknown keys":          unknown.Container("app"),
		"keys for containers":   perContainer.Container("app"),
		"containers":            manyContainers,
		"mounts":                manyMounts,
		"a deep document":       builders.Deployment("web").Annotate("metrics", strings.Repeat("[", 30_000)).Annotate("max-replicas", "1").Container("app"),
		"a list of anchors":     builders.Deployment("web").Annotate("triggers", "- &a "+strings.Repeat("x", 60_000)).Annotate("max-replicas", "1").Container("app"),
		"a quantity of letters": builders.Deployment("web").Annotate("limits", "memory="+strings.Repeat("9", 60_000)).Container("app"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			outcome := admit.Review(create(w.JSON(), plain()))
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			if said := len(outcome.Denials) + len(outcome.Warnings); said > 25 {
				t.Errorf("it says %d things", said)
			}
			for _, text := range append(outcome.Denials, outcome.Warnings...) {
				if len(text) > 1000 {
					t.Errorf("it says %d letters: %.200s", len(text), text)
				}
			}
		})
	}
}

// FuzzReview: whatever the object, the stored object and the Namespace's annotation, the promises hold.
func FuzzReview(f *testing.F) {
	for _, c := range cases.Load(f) {
		if len(c.Input.Object)+len(c.Input.OldObject) < 4<<10 {
			f.Add(c.Input.Object, c.Input.OldObject, "requests", "cpu=100m")
		}
	}
	f.Fuzz(func(t *testing.T, object, old []byte, key, value string) {
		if repeats(object) || repeats(old) || strangeNames(object) {
			return
		}
		in := create(object, enrolled(map[string]string{intent.Prefix + key: value}))
		if len(old) > 0 {
			in.Operation, in.OldObject = admit.Update, old
		}
		outcome := admit.Review(in)
		if outcome.Reason != reason.InternalError {
			promises(t, in, &outcome, apply(t, object, outcome.Ops))
		}
	})
}

// TestLongTailDeployed: with plimsoll-scalers there is nothing to say of a type that it serves, and without it a warning.
func TestLongTailDeployed(t *testing.T) {
	object := builders.Deployment("web").Annotate("max-replicas", "3").
		Annotate("triggers", `[{type: beanstalkd, metadata: {server: "b:1", tube: jobs, value: "5"}}]`).Container("app").JSON()
	for deployed, warnings := range map[bool]int{true: 0, false: 1} {
		in := create(object, plain())
		in.Scalers = deployed
		if o := admit.Review(in); !o.Allowed() || len(o.Warnings) != warnings {
			t.Errorf("deployed %t: %v %v", deployed, o.Denials, o.Warnings)
		}
	}
}
