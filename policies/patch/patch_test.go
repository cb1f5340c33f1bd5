package patch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
)

func TestWriterJoinsMissingParents(t *testing.T) {
	t.Parallel()
	w := writer{}
	w.add("/spec", []string{"volumes", "-"}, 1)
	w.add("/spec/c/0", []string{"resources", "requests", "cpu"}, "1")
	w.add("/spec/c/0", []string{"resources", "limits", "a/b"}, "2")
	w.add("/spec", []string{"volumes", "-"}, 2)
	w.add("/spec/c/1/resources/requests", []string{"a/b~c"}, "3")
	w.replace("/spec/x", 4)
	w.stamp = []Op{{Op: "add", Path: "/metadata/annotations/s", Value: "s"}}
	for _, at := range []string{"/l/2", "/l/10", "/k/b", "/l/2"} {
		w.remove(at)
	}
	got, err := json.Marshal(w.all())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`{"op":"add","path":"/spec/volumes","value":[1,2]}`,
		`{"op":"add","path":"/spec/c/0/resources","value":{"limits":{"a/b":"2"},"requests":{"cpu":"1"}}}`,
		`{"op":"add","path":"/spec/c/1/resources/requests/a~1b~0c","value":"3"}`,
		`{"op":"replace","path":"/spec/x","value":4}`,
		`{"op":"remove","path":"/l/10"}`, `{"op":"remove","path":"/l/2"}`, `{"op":"remove","path":"/k/b"}`,
		`{"op":"add","path":"/metadata/annotations/s","value":"s"}`,
	}, ",")
	if diff := cmp.Diff("["+want+"]", string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	doc, err := decode([]byte(`{"a":{"b":[1,2],"c":{"d":1}},"e":{"f/g":{"h":1},"i":1},"j":[{"k":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		removed, added []string
		want           string
	}{
		"some of a list":     {removed: []string{"/a/b/0"}, want: "/a/b/0"},
		"all of a list":      {removed: []string{"/a/b/0", "/a/b/1"}, want: "/a/b"},
		"all, and upwards":   {removed: []string{"/a/b/0", "/a/b/1", "/a/c/d"}, want: "/a"},
		"all, but one comes": {removed: []string{"/a/c/d"}, added: []string{"/a/c/x"}, want: "/a/c/d"},
		"one comes beside":   {removed: []string{"/a/c/d"}, added: []string{"/a/cx"}, want: "/a/c"},
		"an escaped key":     {removed: []string{"/e/f~1g/h"}, want: "/e/f~1g"},
		"the only of a list": {removed: []string{"/j/0/k"}, want: "/j"},
		"what is not there":  {removed: []string{"/x/y/z"}, want: "/x/y/z"},
	} {
		w := writer{removed: c.removed}
		for _, at := range c.added {
			w.ops = append(w.ops, Op{Op: "add", Path: at, Value: 1})
		}
		w.prune(doc)
		if got := strings.Join(w.removed, " "); got != c.want {
			t.Errorf("%s: removes %s, want %s", name, got, c.want)
		}
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	doc, err := decode([]byte(`{"spec":{"containers":[{"name":"a.b","env":[{"name":"X","value":"1"}],"volumeMounts":[{"name":"v","mountPath":"/w[0]"}],
		"resources":{"requests":{"example.com/gpu":"2","cpu":"1"}}}],"tolerations":[{"key":"k"},{"operator":"Exists"}],"volumes":[{"name":"v"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"spec.containers[a.b].env[X]":                              "/spec/containers/0/env/0",
		"spec.containers[a.b].volumeMounts[/w[0]]":                 "/spec/containers/0/volumeMounts/0",
		"spec.containers[a.b].resources.requests.cpu":              "/spec/containers/0/resources/requests/cpu",
		"spec.containers[a.b].resources.requests[example.com/gpu]": "/spec/containers/0/resources/requests/example.com~1gpu",
		"spec.tolerations[:]":                                      "/spec/tolerations/1",
		"spec.volumes[v]":                                          "/spec/volumes/0",
		"spec.containers[c].env[X]":                                "",
		"spec.containers[a.b].env[Y]":                              "",
		"spec.containers[a.b].nothing.more":                        "",
		"spec.containers[a.b":                                      "",
		"spec.volumes[v]x":                                         "",
		"":                                                         "",
	} {
		to := `{"operator":"Exists"}`
		if got, _, _ := walk(doc, steps(path), to); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestArithmetic(t *testing.T) {
	t.Parallel()
	q := resource.MustParse
	for _, c := range []struct{ got, want resource.Quantity }{
		{divide(q("1"), q("3")), q("334m")},
		{divide(q("1"), q("1500m")), q("667m")},
		{divide(q("1Gi"), q("3")), q("357913942")},
		{divide(q("3Gi"), q("3")), q("1Gi")},
		{divide(q("9000000T"), q("3")), q("3000000T")},
		{multiply(q("333m"), q("1500m")), q("499m")},
		{multiply(q("100Mi"), q("2")), q("200Mi")},
		{multiply(q("1000001"), q("1500m")), q("1500001")},
	} {
		if c.got.Cmp(c.want) != 0 {
			t.Errorf("got %s, want %s", c.got.String(), c.want.String())
		}
	}
	if !within(q("3"), q("1"), q("3")) || within(q("3001m"), q("1"), q("3")) || within(q("0"), q("1"), q("3")) || within(q("1"), q("0"), q("3")) {
		t.Error("within is wrong at its edge")
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"x", "x", true},
		{"x", "y", false},
		{`{"a":1,"b":2}`, `{"b":2, "a":1}`, true},
		{`{"a":1}`, `{"a":1.0}`, false}, // nobody writes it so
		{`[1]`, `[2]`, false},
		{`{`, `{ `, false},
		{`{"a":1}`, `x`, false},
	} {
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %t", c.a, c.b, got)
		}
	}
}

func TestChangeString(t *testing.T) {
	t.Parallel()
	by := intent.Source{Layer: intent.Workload}
	for want, c := range map[string]Change{
		"spec.x: 1 (plimsoll.dev/ttl, annotation)":           {Path: "spec.x", Key: intent.KeyTTL, Source: by, To: "1"},
		"spec.x: 1 -> 2 (plimsoll.dev/ttl, annotation; why)": {Path: "spec.x", Key: intent.KeyTTL, Source: by, From: "1", To: "2", Detail: "why"},
		"spec.x: 1 removed (plimsoll.dev/ttl)":               {Path: "spec.x", Key: intent.KeyTTL, From: "1"},
	} {
		if got := c.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Terms that grow from the same list must not share its room.
func TestCombineKeepsTermsApart(t *testing.T) {
	t.Parallel()
	expressions := make([]any, 1, 8)
	expressions[0] = "zone"
	nodes := DefaultPlatform().SpotNodes[:2]
	out := combine([]any{map[string]any{"matchExpressions": expressions}}, nodes)
	for i, term := range out {
		list, _ := term.(map[string]any)["matchExpressions"].([]any)
		if len(list) != 2 || list[1] != &nodes[i] {
			t.Errorf("term %d has %v", i, list)
		}
	}
}

// Whichever LimitRange comes first gives its defaults; the others fill in what it leaves out.
func TestDefaultsInAnyOrder(t *testing.T) {
	t.Parallel()
	q := func(s string) *resource.Quantity { v := resource.MustParse(s); return &v }
	got := inAnyOrder([]defaults{{limit: q("2")}, {request: q("1")}, {limit: q("4"), request: q("3")}})
	want := []string{"2 1", "4 1", "4 3"}
	for i := range got {
		if text := got[i].limit.String() + " " + got[i].request.String(); text != want[i] {
			t.Errorf("with %d first: %s, want %s", i, text, want[i])
		}
	}
	b := bounds{defaults: got}
	if b.lowestDefault().String() != "2" || b.highestDefault().String() != "4" {
		t.Errorf("from %s to %s", b.lowestDefault(), b.highestDefault())
	}
	none := bounds{}
	if none.lowestDefault() != nil || len(none.eachDefault()) != 1 {
		t.Error("no LimitRange gives a default")
	}
}
