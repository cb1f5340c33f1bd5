package yamledit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

func TestApply(t *testing.T) {
	for name, tc := range map[string]struct {
		ops, before, after string
	}{
		"a map that is absent": {
			ops: `[{"op":"add","path":"/spec/template/spec/containers/0/resources","value":{"requests":{"cpu":"250m"}}}]`,
			before: `
# what this is
apiVersion: apps/v1
kind:   Deployment # odd space
spec:
  template:
    spec:
      containers:
      - name: app
        image: "app:1"   # pinned

      # the volumes
      volumes: []
`,
			after: `
# what this is
apiVersion: apps/v1
kind:   Deployment # odd space
spec:
  template:
    spec:
      containers:
      - name: app
        image: "app:1"   # pinned
        resources:
          requests:
            cpu: 250m

      # the volumes
      volumes: []
`,
		},
		"what builds on an earlier operation": {
			ops: `[{"op":"add","path":"/a/b","value":{}},{"op":"add","path":"/a/b/c","value":{}},{"op":"add","path":"/a/b/c/d","value":"1"}]`,
			before: `
a:
  x: 1
`,
			after: `
a:
  x: 1
  b:
    c:
      d: "1"
`,
		},
		"empty braces, with a comment": {
			ops: `[{"op":"add","path":"/a/r/requests","value":{"cpu":"1"}},{"op":"add","path":"/a/r/limits","value":{"cpu":"2"}}]`,
			before: `
a:
  r: {} # nothing yet
  s: 1
`,
			after: `
a:
  r: # nothing yet
    limits:
      cpu: "2"
    requests:
      cpu: "1"
  s: 1
`,
		},
		"null": {
			ops:    `[{"op":"add","path":"/a","value":{"b":"c"}},{"op":"add","path":"/d","value":["e"]}]`,
			before: "a:\nd: ~ # none\n",
			after:  "a:\n  b: c\nd: # none\n- e\n",
		},
		"braces with content": {
			ops:    `[{"op":"add","path":"/a/c","value":"yes"},{"op":"add","path":"/l/-","value":{"name":"x","k":1}}]`,
			before: "a: {b: \"}\"} # c\nl: [1, 2]\n",
			after:  "a: {b: \"}\", c: \"yes\"} # c\nl: [1, 2, {name: x, k: 1}]\n",
		},
		"a scalar is replaced where it stands": {
			ops:    `[{"op":"replace","path":"/a","value":3},{"op":"replace","path":"/b","value":"x: y"},{"op":"replace","path":"/c/d","value":true},{"op":"add","path":"/e","value":5}]`,
			before: "a: 1 # one\nb: 'it''s' # two\nc: {d: false, e: 1}\ne: # empty\n",
			after:  "a: 3 # one\nb: \"x: y\" # two\nc: {d: true, e: 1}\ne: 5 # empty\n",
		},
		"a scalar of several lines": {
			ops:    `[{"op":"replace","path":"/a","value":"x"},{"op":"add","path":"/m/k","value":"1\n2\n"}]`,
			before: "a: |\n  # not a comment\n  text\nm:\n  # said of b\n  b: >-\n    folded\n\n    # text\n\n# end\nz: 1\n",
			after:  "a: x\nm:\n  # said of b\n  b: >-\n    folded\n\n    # text\n  k: |\n    1\n    2\n\n# end\nz: 1\n",
		},
		"lists in both layouts": {
			ops:    `[{"op":"add","path":"/s/l/-","value":{"name":"n","a":[1]}},{"op":"add","path":"/s/l/0","value":"first"}]`,
			before: "s:\n    l:\n      - x: 1\n        y: 2\n    # of m\n    m: 1\n",
			after:  "s:\n    l:\n      - first\n      - x: 1\n        y: 2\n      - name: \"n\"\n        a:\n          - 1\n    # of m\n    m: 1\n",
		},
		"what ends at one place": {
			ops:    `[{"op":"add","path":"/s/v","value":[1]},{"op":"add","path":"/s/c/0/r","value":{"x":"y"}},{"op":"add","path":"/s/c/-","value":"z"},{"op":"add","path":"/t","value":0}]`,
			before: "s:\n  c:\n  - n: 1",
			after:  "s:\n  c:\n  - n: 1\n    r:\n      x: \"y\"\n  - z\n  v:\n  - 1\nt: 0\n",
		},
		"removal": {
			ops:    `[{"op":"remove","path":"/a/b"},{"op":"remove","path":"/c"}]`,
			before: "a:\n  # of b\n  b: |\n    x\n  # of d\n  d: 1\nc:\n- 1\n- 2\n# of e\ne: 1\n",
			after:  "a:\n  # of b\n  # of d\n  d: 1\n# of e\ne: 1\n",
		},
		"a key with a slash and one with a colon": {
			ops:    `[{"op":"add","path":"/a/plimsoll.dev~1applied","value":"{\"a\":1}"}]`,
			before: "a:\n  \"plimsoll.dev/ttl\": 1h\n",
			after:  "a:\n  \"plimsoll.dev/ttl\": 1h\n  plimsoll.dev/applied: '{\"a\":1}'\n",
		},
		"line ends of another system": {
			ops:    `[{"op":"add","path":"/a/c","value":"d"}]`,
			before: "a:\r\n  b: 1\r\ne: 2\r\n",
			after:  "a:\r\n  b: 1\r\n  c: d\r\ne: 2\r\n",
		},
		"document markers": {
			ops:    `[{"op":"add","path":"/b","value":2}]`,
			before: "---\na: 1\n...\n",
			after:  "---\na: 1\nb: 2\n...\n",
		},
		"letters of several bytes": {
			ops:    `[{"op":"replace","path":"/a/é","value":2}]`,
			before: "a: {日本: 語, é: 1}\n",
			after:  "a: {日本: 語, é: 2}\n",
		},
		"a shared anchor is taken apart": {
			ops:    `[{"op":"add","path":"/b/y","value":2}]`,
			before: "# top\na: &x\n  x: 1\nb: *x\nc:\n  <<: *x\n  z: 1 # kept\n",
			after:  "# top\na:\n  x: 1\nb:\n  x: 1\n  \"y\": 2\nc:\n  z: 1 # kept\n  x: 1\n",
		},
		"JSON keeps its order and indentation": {
			ops:    `[{"op":"add","path":"/a/c","value":{"d":"<&>"}}]`,
			before: "\n{\n    \"z\": 1,\n    \"a\": {\n        \"b\": \"<\"\n    }\n}\n",
			after:  "\n{\n    \"z\": 1,\n    \"a\": {\n        \"b\": \"<\",\n        \"c\": {\n            \"d\": \"<&>\"\n        }\n    }\n}\n",
		},
		"JSON of one line": {
			ops:    `[{"op":"add","path":"/a","value":1}]`,
			before: `{"z": 1}`,
			after:  `{"z":1,"a":1}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Apply([]byte(tc.before), decode(t, tc.ops))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lines(tc.after), lines(string(got))); diff != "" {
				t.Errorf("edited text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ ops, before, want string }{
		"a key that stands twice": {`[{"op":"add","path":"/b","value":1}]`, "a: 1\na: 2\n", `key "a" already set`},
		"no such place":           {`[{"op":"add","path":"/b/c","value":1}]`, "a: 1\n", "patching the document"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Apply([]byte(tc.before), decode(t, tc.ops))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func decode(t *testing.T, raw string) []patch.Op {
	t.Helper()
	var ops []patch.Op
	if err := json.Unmarshal([]byte(raw), &ops); err != nil {
		t.Fatal(err)
	}
	return ops
}

func lines(s string) []string { return strings.SplitAfter(s, "\n") }
