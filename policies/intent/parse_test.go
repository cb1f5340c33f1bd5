package intent_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/test/cases"
)

// kindFor is a kind on which the key has a meaning.
func kindFor(t testing.TB, k *intent.Key) subject.Kind {
	t.Helper()
	for kind := subject.Deployment; kind <= subject.Namespace; kind++ {
		if k.On.Has(kind) {
			return kind
		}
	}
	t.Fatalf("%s is for no kind", k.Name)
	return subject.Other
}

// TestTable: every row says what the reference and the messages need, and its example is legal.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for id, k := range intent.Keys() {
		t.Run(k.Name, func(t *testing.T) {
			for what, text := range map[string]string{"Name": k.Name, "Group": string(k.Group), "Form": k.Form, "Legal": k.Legal, "Fails": string(k.Fails), "Doc": k.Doc} {
				if text == "" {
					t.Errorf("%s is empty", what)
				}
			}
			if seen[k.Name] {
				t.Error("the name stands twice")
			}
			seen[k.Name] = true
			if k.Pending&^k.On != 0 {
				t.Errorf("pending on %s, but only for %s", k.Pending, k.On)
			}
			if intent.ID(id).String() != intent.Prefix+k.Name {
				t.Errorf("the ID's name is %s", intent.ID(id))
			}
			if strings.Contains(k.Form, "YAML") {
				return
			}
			i, errs := intent.Parse(kindFor(t, &k), map[string]string{intent.Prefix + k.Name: k.Form})
			if !i.Has(intent.ID(id)) {
				t.Errorf("its own example %q is refused: %v", k.Form, errs)
			}
		})
	}
}

// TestMistakes: whatever is wrong with a key, the error names the key and says what is legal.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for id, k := range intent.Keys() {
		for _, text := range []string{"", " ", "?", "\x00", "=", "a=", "-1", ":::", "[", "{}", "\xff", "\uFFFD", strings.Repeat("x", intent.MaxValueBytes+1)} {
			i, errs := intent.Parse(kindFor(t, &k), map[string]string{intent.Prefix + k.Name: text})
			switch {
			case i.Has(intent.ID(id)) && k.SpecField == "behavior":
				continue // a behavior that says nothing is legal
			case i.Has(intent.ID(id)), len(errs) != 1:
				t.Errorf("%s: %.20q is taken: %v", k.Name, text, errs)
				continue
			}
			told := intent.Describe(errs[0])
			if !strings.HasPrefix(told, intent.Prefix+k.Name+": ") || len(told) > 600 {
				t.Errorf("%s: %.20q: %s", k.Name, text, told)
			}
			if !strings.Contains(told, "legal") && !strings.Contains(told, "UTF-8") {
				t.Errorf("%s: what is legal is missing: %s", k.Name, told)
			}
			if intent.IsWarning(errs[0]) {
				t.Errorf("%s: a malformed value only warns", k.Name)
			}
		}
	}
}

// A mistake must not act: "enabled" misspelt is not "false".
func TestMalformedCountsAsNotSet(t *testing.T) {
	t.Parallel()
	i, errs := intent.Parse(subject.Deployment, map[string]string{"plimsoll.dev/enabled": "fals", "plimsoll.dev/requests": "cpu=x", "plimsoll.dev/limits": "cpu=1"})
	if i.Enabled != nil || len(i.Requests) > 0 || len(errs) != 2 {
		t.Errorf("got %v, %v, %v", i.Enabled, i.Requests, errs)
	}
	if !i.Malformed.Has(intent.KeyEnabled) || !i.Malformed.Has(intent.KeyRequests) || i.Malformed.Has(intent.KeyLimits) {
		t.Errorf("malformed are %b", i.Malformed)
	}
	if !i.Malformed.InGroup(intent.GroupComplete) || i.Malformed.InGroup(intent.GroupScaling) {
		t.Error("the groups of what is malformed are wrong")
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	path := field.NewPath("plimsoll.dev/x")
	for want, err := range map[string]*field.Error{
		`plimsoll.dev/x: invalid value "v": why`:                                         field.Invalid(path, "v", "why"),
		`plimsoll.dev/x: missing: why`:                                                   field.Required(path, "why"),
		`plimsoll.dev/x: "v" stands twice`:                                               field.Duplicate(path, "v"),
		`plimsoll.dev/x: the value is too long; legal is at most 65536 bytes`:            field.TooLong(path, "", 1),
		`plimsoll.dev/x: unsupported value "v": supported values: "a", "b"`:              field.NotSupported(path, "v", []string{"a", "b"}),
		`plimsoll.dev/x: why`:                                                            field.Forbidden(path, "why"),
		`plimsoll.dev/x: invalid value "` + strings.Repeat("é", 32) + `"…: why`:          field.Invalid(path, strings.Repeat("é", 40), "why"),
		"plimsoll.dev/x: invalid value \"a" + strings.Repeat("é", 31) + "\ufffd\"…: why": field.Invalid(path, "a"+strings.Repeat("é", 40), "why"),
	} {
		if got := intent.Describe(err); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       subject.Kind
		key, value string
		get        func(*intent.Intent) any
		want       string
	}{
		{subject.Job, "ttl", " 1h30m ", func(i *intent.Intent) any { return *i.TTL }, "5400"},
		{subject.Job, "ttl", "7d", func(i *intent.Intent) any { return *i.TTL }, "604800"},
		{subject.Job, "ttl", "0s", func(i *intent.Intent) any { return *i.TTL }, "0"},
		{subject.Job, "deadline", "90s", func(i *intent.Intent) any { return *i.Deadline }, "90"},
		{subject.Deployment, "requests", "cpu = 0.5 , memory=1024Mi", func(i *intent.Intent) any {
			return i.Requests[0].Quantity.String() + " " + i.Requests[1].Quantity.String()
		}, "500m 1Gi"},
		{subject.Deployment, "ephemeral-storage", "1Gi .. 2Gi", func(i *intent.Intent) any { return i.EphemeralStorage.Limit.String() }, "2Gi"},
		{subject.Deployment, "scratch", "app:/a=1Gi", func(i *intent.Intent) any { return i.Scratch[0].Container + i.Scratch[0].Path }, "app/a"},
		{subject.Deployment, "object-storage", "endpoint=https://x/a?b=c,secret=s", func(i *intent.Intent) any { return *i.ObjectStorage }, "{s https://x/a?b=c}"},
		{subject.CronJob, "history", "failed=0", func(i *intent.Intent) any { return fmt.Sprint(i.History.Successful, *i.History.Failed) }, "<nil> 0"},
		{subject.Deployment, "cpu", "70%", func(i *intent.Intent) any { return *i.CPU.AverageUtilization }, "70"},
		{subject.Deployment, "memory", "0.5Gi", func(i *intent.Intent) any { return i.Memory.AverageValue.String() }, "512Mi"},
		{subject.Deployment, "paused", "false", func(i *intent.Intent) any { return i.Scaling.Paused == nil }, "true"},
		{subject.Deployment, "fallback", "replicas=2", func(i *intent.Intent) any { return *i.Scaling.Fallback }, "{2 3 static}"},
	} {
		i, errs := intent.Parse(c.kind, map[string]string{intent.Prefix + c.key: c.value})
		if len(errs) > 0 {
			t.Errorf("%s=%s: %v", c.key, c.value, errs)
			continue
		}
		if got := fmt.Sprint(c.get(&i)); got != c.want {
			t.Errorf("%s=%s: got %s, want %s", c.key, c.value, got, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ key, value, told string }{
		{"requests", "cpu=1,memory", "not of the form"},
		{"requests", "storage=1Gi", "is not a resource"},
		{"requests", "requests.example.com/gpu=1", "is not a resource"},
		{"requests", "hugepages-big=1Gi", "is not a resource"},
		{"requests", "hugepages-2Mi=1.5", "is not a whole number"},
		{"requests", "cpu=1e-100000", "is not a quantity"},
		{"scratch", "/a/../b=1Gi", "clean absolute path"},
		{"scratch", "/a:b=1Gi", "is not a container's name"},
		{"scratch", "App:/a=1Gi", "is not a container's name"},
		{"object-storage", "secret=s,endpoint=ftp://x", "http or https"},
		{"object-storage", "secret=s,endpoint=http://u:p@x", "credentials"},
		{"memory", "-1Gi", "is negative"},
		{"cpu", "0", "zero"},
		{"cpu", "101000000000%", "too large"},
		{"scrape", "path=/metrics", "port is missing"},
		{"scrape", "port=70000", "from 1 to 65535"},
		{"paused", "until=2030-01-31", "RFC 3339"},
		{"fallback", "replicas=3,behavior=dynamic", "unknown word"},
		{"triggers", "", "the list is empty"},
		{"triggers", "{}", "not a list"},
		{"metrics", "- type: A\n- type", "cannot unmarshal"},
		{"cooldown", "400000h", ""},
	} {
		_, errs := intent.Parse(subject.Deployment, map[string]string{intent.Prefix + c.key: c.value})
		if c.told == "" {
			continue
		}
		if len(errs) == 0 || !strings.Contains(intent.Describe(errs[0]), c.told) {
			t.Errorf("%s=%s: got %v, want %q", c.key, c.value, errs, c.told)
		}
	}
}

// TestNumbersAreBounded: the errors of one object are not more than anybody would read.
func TestNumbersAreBounded(t *testing.T) {
	t.Parallel()
	annotations := map[string]string{}
	for i := range 1000 {
		annotations[fmt.Sprintf("plimsoll.dev/unknown-%d", i)] = "x"
		annotations[fmt.Sprintf("plimsoll.dev/requests.c%d", i)] = "cpu=1"
		annotations[fmt.Sprintf("plimsoll.dev/limits.c%d", i)] = "cpu=x"
	}
	i, errs := intent.Parse(subject.Deployment, annotations)
	if len(i.Requests) > 256 || len(errs) > 80 {
		t.Errorf("%d amounts, %d errors", len(i.Requests), len(errs))
	}
	if !i.Malformed.Has(intent.KeyRequests) {
		t.Error("too many keys are no mistake")
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	own, _ := intent.Parse(subject.Job, map[string]string{"plimsoll.dev/requests": "cpu=1", "plimsoll.dev/requests.app": "cpu=2", "plimsoll.dev/ttl": "1h"})
	ns, _ := intent.Parse(subject.Namespace, map[string]string{"plimsoll.dev/requests": "cpu=9,memory=1Gi", "plimsoll.dev/requests.app": "memory=2Gi", "plimsoll.dev/ttl": "2h", "plimsoll.dev/deadline": "10m"})
	m := intent.Merge(&own, nil, &ns)
	for _, c := range []struct{ container, resource, want, source string }{
		{"app", "cpu", "2", "annotation"},
		{"other", "cpu", "1", "annotation"},
		{"app", "memory", "2Gi", "namespace annotation"},
		{"other", "memory", "1Gi", "namespace annotation"},
	} {
		a, ok := m.Requests.For(c.container, "cpu")
		if c.resource == "memory" {
			a, ok = m.Requests.For(c.container, "memory")
		}
		if got := a.Quantity.String(); !ok || got != c.want || a.Source.String() != c.source {
			t.Errorf("%s of %s: %s by %s, want %s by %s", c.resource, c.container, got, a.Source, c.want, c.source)
		}
	}
	if *m.TTL != 3600 || m.Sources[intent.KeyTTL].Layer != intent.Workload || *m.Deadline != 600 || m.Sources[intent.KeyDeadline].Layer != intent.OnNamespace {
		t.Errorf("got ttl %d by %v, deadline %d by %v", *m.TTL, m.Sources[intent.KeyTTL], *m.Deadline, m.Sources[intent.KeyDeadline])
	}
	if own.Requests[0].Container != "app" || len(own.Requests) != 2 || len(ns.Requests) != 3 {
		t.Error("merging wrote to a layer")
	}
}

func TestAsks(t *testing.T) {
	t.Parallel()
	parse := func(pairs ...string) *intent.Intent {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[intent.Prefix+pairs[i]] = pairs[i+1]
		}
		i, _ := intent.Parse(subject.Deployment, m)
		return &i
	}
	for name, c := range map[string]struct {
		now, before *intent.Intent
		want        bool
	}{
		"the same":         {parse("requests", "cpu=1"), parse("requests", "cpu=1"), false},
		"another value":    {parse("requests", "cpu=2"), parse("requests", "cpu=1"), true},
		"a new key":        {parse("requests", "cpu=1"), parse(), true},
		"a key less":       {parse(), parse("requests", "cpu=1"), true},
		"of one container": {parse("requests", "cpu=1", "requests.app", "cpu=2"), parse("requests", "cpu=1", "requests.web", "cpu=2"), true},
		"a scaling key":    {parse("max-replicas", "2"), parse("max-replicas", "3"), false},
		"enabled":          {parse("enabled", "true"), parse(), true},
	} {
		if got := c.now.Asks(c.before); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// FuzzParse: one key with any text, on any kind.
func FuzzParse(f *testing.F) {
	for _, c := range cases.Load(f) {
		s, err := subject.Decode(c.Input.Object)
		if err != nil {
			continue
		}
		for name, text := range s.Metadata.Annotations {
			if key, ok := strings.CutPrefix(name, intent.Prefix); ok && len(text) < 1<<10 {
				f.Add(uint8(s.Kind), key, text)
			}
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, key, text string) {
		k := subject.Kind(kind % uint8(subject.Namespace+1))
		annotations := map[string]string{intent.Prefix + key: text}
		i, errs := intent.Parse(k, annotations)
		if again, more := intent.Parse(k, annotations); !cmp.Equal(i.Digests, again.Digests) || len(errs) != len(more) {
			t.Error("the same annotation is read in two ways")
		}
		for _, err := range errs {
			if told := intent.Describe(err); !strings.HasPrefix(told, err.Field+": ") || len(told) > 2000 {
				t.Errorf("a mistake is told as %.200q", told)
			}
		}
		for id := range intent.Keys() {
			id := intent.ID(id)
			if i.Has(id) && i.Malformed.Has(id) || i.Has(id) != (i.Digests[id] != 0) {
				t.Errorf("%s is both set and not", id)
			}
		}
		merged := intent.Merge(&i)
		if merged.Sources != i.Sources || len(merged.Requests) != len(i.Requests) || len(merged.Scratch) != len(i.Scratch) {
			t.Error("an only layer is not what it was")
		}
	})
}
