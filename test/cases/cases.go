// Package cases is the golden corpus of admission: one file for each case, read by the tests of the core, of the webhook and
// of the CLI alike.
//
// A file is <rule>/pass/<name>.yaml or <rule>/fail/<name>.yaml. The rule is a key without its prefix, or a topic. "pass" is
// what is done as asked; "fail" is what is denied, warned of, or not applied. A file is a stream of YAML documents; the
// comment behind the separator says what each of them is:
//
//	# Why this case exists.
//	--- # namespace    the Namespace; without it, "serverless" without labels and annotations
//	--- # limitrange   a LimitRange in it; any number
//	--- # stored       the stored version, as it is: the case is an update
//	--- # created      the stored version, as it was before it was reviewed when it was created
//	--- # then         the Namespace when it was created, where that was another
//	--- # object       the object that is sent for review
//	--- # edit         or how to make it from the stored version: a merge patch, or the list of a JSON patch
//	--- # expect       what the review says
//	--- # result       the object as it comes out of the review, where it is allowed
//
// The last two are written by
//
//	go test ./policies/admit -run TestCases -update
//
// and then read by whoever made the case. ${x*1000} stands for a thousand x.
package cases

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
)

//go:embed */pass/*.yaml */fail/*.yaml
var files embed.FS

// DefaultNamespace is the namespace of cases that do not say.
const DefaultNamespace = "serverless"

// Case is one file.
type Case struct {
	// Rule and Name as in <rule>/pass/<name>.yaml; Path is all of it.
	Rule, Name, Path string
	// Pass tells the two folders of a rule apart.
	Pass bool
	// Input for admit.Review. The platform is patch.DefaultPlatform.
	Input admit.Input
	// The same as YAML, for tests that read files or talk to an API server: the Namespace and the stored object are empty
	// where the case has none.
	Object, Stored, Namespace []byte
	LimitRanges               [][]byte
	Expect                    Expect
	// Result is the object as it comes out, as YAML; empty where the request is denied.
	Result []byte
	// given is the text before the expectation; created, then and edit are the sections of that name.
	given               string
	created, then, edit []byte
}

// Expect is what the review of a case says.
type Expect struct {
	Reason   string   `json:"reason"`
	Skipped  string   `json:"skipped,omitempty"`
	Denials  []string `json:"denials,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	// Changes as patch.Change.String gives them.
	Changes []string `json:"changes,omitempty"`
}

// ExpectOf turns an outcome into what a case expects.
func ExpectOf(o *admit.Outcome) Expect {
	e := Expect{Reason: o.Reason.String(), Skipped: o.Skipped, Denials: o.Denials, Warnings: o.Warnings}
	for _, c := range o.Changes {
		e.Changes = append(e.Changes, c.String())
	}
	return e
}

// Load reads all cases, in the order of their paths.
func Load(t testing.TB) []Case {
	t.Helper()
	var all []Case
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		c, err := parse(name, string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("there are no cases")
	}
	return all
}

// section is one document and what the separator before it says.
type section struct{ name, text string }

func sections(text string) []section {
	out := []section{{}}
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- # "); ok {
			out = append(out, section{name: name})
			continue
		}
		out[len(out)-1].text += line
	}
	return out
}

func parse(name, text string) (Case, error) {
	dir, file := path.Split(name)
	rule, folder := path.Split(path.Clean(dir))
	c := Case{Rule: path.Clean(rule), Name: strings.TrimSuffix(file, ".yaml"), Path: name, Pass: folder == "pass"}
	c.given, _, _ = strings.Cut(text, "--- # expect")
	c.Input = admit.Input{Operation: admit.Create, Platform: patch.DefaultPlatform()}
	for _, s := range sections(text)[1:] {
		if err := c.take(s); err != nil {
			return c, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	err := c.finish()
	return c, err
}

func (c *Case) take(s section) (err error) {
	raw := []byte(expand(s.text))
	switch s.name {
	case "namespace":
		c.Namespace = raw
	case "limitrange":
		c.LimitRanges = append(c.LimitRanges, raw)
	case "stored":
		c.Stored, c.Input.Operation = raw, admit.Update
		c.Input.OldObject, err = yaml.YAMLToJSONStrict(raw)
	case "created":
		c.created, c.Input.Operation = raw, admit.Update
	case "then":
		c.then = raw
	case "edit":
		c.edit = raw
	case "object":
		c.Object = raw
		c.Input.Object, err = yaml.YAMLToJSONStrict(raw)
	case "expect":
		err = yaml.UnmarshalStrict(raw, &c.Expect)
	case "result":
		c.Result = raw
	default:
		err = errors.New("there is no such section")
	}
	return err
}

// finish makes what takes several sections.
func (c *Case) finish() (err error) {
	if c.Input.Namespace, err = c.namespace(c.Namespace); err != nil {
		return err
	}
	if len(c.created) > 0 {
		if err := c.store(); err != nil {
			return fmt.Errorf("created: %w", err)
		}
	}
	if len(c.edit) > 0 {
		if err := c.change(); err != nil {
			return fmt.Errorf("edit: %w", err)
		}
	}
	if len(c.Object) == 0 {
		return errors.New("there is no object")
	}
	return nil
}

func (c *Case) namespace(text []byte) (*resolve.Namespace, error) {
	ns := corev1.Namespace{}
	ns.Name = DefaultNamespace
	if err := yaml.UnmarshalStrict(text, &ns); err != nil {
		return nil, fmt.Errorf("namespace: %w", err)
	}
	limits := make([]corev1.LimitRange, len(c.LimitRanges))
	for i := range limits {
		if err := yaml.UnmarshalStrict(c.LimitRanges[i], &limits[i]); err != nil {
			return nil, fmt.Errorf("limitrange: %w", err)
		}
	}
	return resolve.NewNamespace(ns.Name, ns.Labels, ns.Annotations, limits), nil
}

// store reviews what was created, and keeps the result as the stored version.
func (c *Case) store() (err error) {
	in := admit.Input{Operation: admit.Create, Platform: c.Input.Platform, Namespace: c.Input.Namespace}
	if len(c.then) > 0 {
		if in.Namespace, err = c.namespace(c.then); err != nil {
			return err
		}
	}
	if in.Object, err = yaml.YAMLToJSONStrict(c.created); err != nil {
		return err
	}
	outcome := admit.Review(in)
	if !outcome.Allowed() {
		return fmt.Errorf("denied: %q", outcome.Denials)
	}
	if c.Input.OldObject, err = Apply(in.Object, outcome.Ops); err != nil {
		return err
	}
	c.Stored, err = yaml.JSONToYAML(c.Input.OldObject)
	return err
}

// change makes the object out of the stored version.
func (c *Case) change() error {
	edit, err := yaml.YAMLToJSONStrict(c.edit)
	if err != nil {
		return err
	}
	if edit[0] == '[' {
		var p jsonpatch.Patch
		if p, err = jsonpatch.DecodePatch(edit); err == nil {
			c.Input.Object, err = p.Apply(c.Input.OldObject)
		}
	} else {
		c.Input.Object, err = jsonpatch.MergePatch(c.Input.OldObject, edit)
	}
	if err != nil {
		return err
	}
	c.Object, err = yaml.JSONToYAML(c.Input.Object)
	return err
}

// Apply patches an object, as JSON, the way the API server does.
func Apply(object []byte, ops []patch.Op) ([]byte, error) {
	if len(ops) == 0 {
		return object, nil
	}
	raw, err := json.Marshal(ops)
	if err != nil {
		return nil, fmt.Errorf("encoding patch: %w", err)
	}
	p, err := jsonpatch.DecodePatch(raw)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", raw, err)
	}
	out, err := p.Apply(object)
	if err != nil {
		return nil, fmt.Errorf("applying %s: %w", raw, err)
	}
	return out, nil
}

// repetition is a text repeated, as in ${x*1000}.
var repetition = regexp.MustCompile(`\$\{([^*}]+)\*(\d+)\}`)

func expand(text string) string {
	return repetition.ReplaceAllStringFunc(text, func(m string) string {
		parts := repetition.FindStringSubmatch(m)
		n, err := strconv.Atoi(parts[2])
		if err != nil {
			return m
		}
		return strings.Repeat(parts[1], n)
	})
}

// Golden is the text of the file with another outcome. result is JSON.
func (c *Case) Golden(e Expect, result []byte) ([]byte, error) {
	out := bytes.NewBufferString(c.given)
	expect, err := yaml.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("writing expectation: %w", err)
	}
	out.WriteString("--- # expect\n")
	out.Write(expect)
	if len(result) == 0 || len(result) > 64<<10 {
		return out.Bytes(), nil
	}
	var doc any
	if err := json.Unmarshal(result, &doc); err != nil {
		return nil, fmt.Errorf("reading result: %w", err)
	}
	text, err := yaml.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing result: %w", err)
	}
	out.WriteString("--- # result\n")
	out.Write(text)
	return out.Bytes(), nil
}
