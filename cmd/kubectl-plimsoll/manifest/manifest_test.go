package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for name, want := range map[string][]string{
		"empty":                   {""},
		"one":                     {"a: 1\n"},
		"markers":                 {"a: 1\n", "---\nb: 2\n", "--- # c\nc: 3"},
		"a marker at the top":     {"---\na: 1\n", "---\nb: 2\n"},
		"comments at the top":     {"# a\n\n---\na: 1\n", "---\nb: 2\n"},
		"directives":              {"%YAML 1.1\n---\na: 1\n...\n", "---\nb: 2\n"},
		"empty ones":              {"---\n", "---\n# only this\n", "---\na: 1\n"},
		"content behind a marker": {"--- {a: 1}\n", "--- {b: 2}\n"},
		"what looks like markers": {"a: |\n  ---\n  b\nc: ---\n----: 1\n"},
		"JSON":                    {"{\"a\":1}\n"},
		"a stream of JSON":        {"{\"a\":1}", "\n{\"b\":2}", " {\"c\":3}\n"},
		"JSON between markers":    {"{\"a\":1}\n", "---\n{\"b\":2}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, split([]byte(strings.Join(want, "")))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	text := "# head\n---\nkind: A\napiVersion: v1\n---\n# nothing\n---\n\n# c\nkind: List\napiVersion: v1\nitems: [{kind: C, metadata: {name: c}}, {kind: D}]\n"
	file, err := Parse("f.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for o := range Objects([]*File{file}) {
		got = append(got, o.Where()+": "+o.String())
	}
	want := []string{"f.yaml:3 (document 1): A ", "f.yaml:10 (document 2) items/0: C c", "f.yaml:10 (document 2) items/1: D "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if string(file.Text()) != text {
		t.Errorf("the file is no longer what it was:\n%s", cmp.Diff(text, string(file.Text())))
	}
}

// FuzzParse: whatever is in a file, its bytes are kept or it is refused.
func FuzzParse(f *testing.F) {
	f.Add("a: 1\n---\nb: 2\n")
	f.Add("{\"kind\": \"List\", \"items\": [{}]}{}")
	f.Add("%YAML 1.1\n--- |\n x\n...\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("fuzz", []byte(text))
		if err == nil && string(file.Text()) != text {
			t.Errorf("%q came out as %q", text, file.Text())
		}
	})
}
