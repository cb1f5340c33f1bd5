package edit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// parse reads a command line, as annotate does.
func parse(t *testing.T, stdin string, args ...string) (*Edit, error) {
	t.Helper()
	f := NewFlags()
	set := pflag.NewFlagSet("annotate", pflag.ContinueOnError)
	for _, g := range f.Groups() {
		set.AddFlagSet(g.Flags)
	}
	f.AddRemoval(set)
	set.SetNormalizeFunc(Normalize)
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	_, pairs := Split(set.Args())
	return f.Edit(pairs, strings.NewReader(stdin))
}

func TestFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "triggers.yaml")
	if err := os.WriteFile(file, []byte("- type: cron\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{"a": "b", "plimsoll.dev/ttl": "2h", "plimsoll.dev/tll": "3h", "plimsoll.dev/applied": "{}"}
	for name, tc := range map[string]struct {
		args []string
		want map[string]string
	}{
		"a flag":             {[]string{"--cpu", "70%"}, map[string]string{"cpu": "70%", "ttl": "2h", "tll": "3h"}},
		"short names":        {[]string{"--min", "0", "--max=5"}, map[string]string{"min-replicas": "0", "max-replicas": "5", "ttl": "2h", "tll": "3h"}},
		"one that is there":  {[]string{"--ttl", "1h"}, map[string]string{"ttl": "1h", "tll": "3h"}},
		"containers":         {[]string{"--requests", "cpu=1", "--requests", "app:cpu=2"}, map[string]string{"requests": "cpu=1", "requests.app": "cpu=2", "ttl": "2h", "tll": "3h"}},
		"no container":       {[]string{"--scratch", "app:/x=1Gi"}, map[string]string{"scratch": "app:/x=1Gi", "ttl": "2h", "tll": "3h"}},
		"from a file":        {[]string{"--triggers", "@" + file}, map[string]string{"triggers": "- type: cron\n", "ttl": "2h", "tll": "3h"}},
		"from stdin":         {[]string{"--triggers", "@-"}, map[string]string{"triggers": "- type: redis\n", "ttl": "2h", "tll": "3h"}},
		"arguments":          {[]string{"deploy/x", "cpu=70%", "plimsoll.dev/requests.app=cpu=1,memory=1Gi", "ttl-"}, map[string]string{"cpu": "70%", "requests.app": "cpu=1,memory=1Gi", "tll": "3h"}},
		"removal":            {[]string{"--remove", "ttl", "--remove", "plimsoll.dev/tll"}, map[string]string{}},
		"removal of all":     {[]string{"--remove-all", "--cpu", "70%"}, map[string]string{"cpu": "70%"}},
		"removal of nothing": {[]string{"--remove", "cpu"}, map[string]string{"ttl": "2h", "tll": "3h"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := parse(t, "- type: redis\n", tc.args...)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{"a": "b", "plimsoll.dev/applied": "{}"}
			for key, value := range tc.want {
				want[intent.Prefix+key] = value
			}
			if diff := cmp.Diff(want, e.Apply(before)); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"twice":                 {[]string{"--cpu", "70%", "--cpu", "80%"}, "plimsoll.dev/cpu is set twice"},
		"twice, in two ways":    {[]string{"--cpu", "70%", "cpu=80%"}, "plimsoll.dev/cpu is set twice"},
		"set and removed":       {[]string{"--cpu", "70%", "cpu-"}, "plimsoll.dev/cpu is set and removed"},
		"another's key":         {[]string{"example.com/cpu=1"}, "only keys under plimsoll.dev/"},
		"the record":            {[]string{"--remove", "applied"}, "Plimsoll's own record"},
		"no name":               {[]string{"=1"}, "a key without a name"},
		"no file":               {[]string{"--triggers", "@/absent"}, "--triggers: open /absent"},
		"malformed":             {[]string{"--ttl", "soon"}, `plimsoll.dev/ttl: invalid value "soon"`},
		"malformed, for one":    {[]string{"--requests", "app:cpu=much"}, "plimsoll.dev/requests.app: invalid value"},
		"unknown":               {[]string{"cpuu=1"}, "did you mean plimsoll.dev/cpu?"},
		"on another kind":       {[]string{"--cpu", "70%"}, "plimsoll.dev/cpu has no meaning on a Job; it is for Deployment"},
		"one container's, kind": {[]string{"--limits", "memory=1Gi", "--max", "3"}, "plimsoll.dev/max-replicas has no meaning on a Job"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := parse(t, "", tc.args...)
			if err == nil {
				err = e.Check()
			}
			if err == nil {
				err = e.CheckOn(subject.Job)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestHints(t *testing.T) {
	e, err := parse(t, "", "--cpu", "70", "--memory", "80", "--max", "5")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"plimsoll.dev/cpu: 70 is 70 cores for each pod; 70% is of its request",
		"plimsoll.dev/memory: 80 is 80 bytes for each pod; 80% is of its request",
	}
	if diff := cmp.Diff(want, e.Hints()); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

// TestEveryKeyHasAFlag: a key that is added to the table can be written at once, by the example that the table gives.
func TestEveryKeyHasAFlag(t *testing.T) {
	for _, key := range intent.Keys() {
		if strings.Contains(key.Form, "YAML") {
			continue
		}
		e, err := parse(t, "", "--"+key.Name, key.Form)
		if err == nil {
			err = e.Check()
		}
		if err != nil {
			t.Errorf("--%s %s: %v", key.Name, key.Form, err)
		}
	}
}

func TestOps(t *testing.T) {
	const path = "/metadata/annotations"
	for name, tc := range map[string]struct {
		before, after map[string]string
		want          []patch.Op
	}{
		"nothing":   {map[string]string{"a": "b"}, map[string]string{"a": "b"}, nil},
		"no map":    {nil, map[string]string{"x/a": "b"}, []patch.Op{{Op: "add", Path: path, Value: map[string]any{}}, {Op: "add", Path: path + "/x~1a", Value: "b"}}},
		"the last":  {map[string]string{"a": "b"}, nil, []patch.Op{{Op: "remove", Path: path}}},
		"one of 2":  {map[string]string{"a": "b", "c": "d"}, map[string]string{"c": "e"}, []patch.Op{{Op: "remove", Path: path + "/a"}, {Op: "add", Path: path + "/c", Value: "e"}}},
		"none ever": {nil, map[string]string{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Ops(tc.before, tc.after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
