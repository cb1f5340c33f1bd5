package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

func annotations(w *bytes.Buffer, _ string) error {
	if err := about(w, "annotations.md"); err != nil {
		return err
	}
	keys := intent.Keys()
	for i := range keys {
		if i == 0 || keys[i].Group != keys[i-1].Group {
			overview(w, keys[i].Group)
		}
	}
	w.WriteString("\n## Each key\n")
	for i := range keys {
		explain(w, &keys[i])
	}
	return nil
}

// overview is the table of a group.
func overview(w *bytes.Buffer, group intent.Group) {
	fmt.Fprintf(w, "\n## %s\n\n", title(string(group)))
	head(w, "key", "on", "example", "does")
	for _, k := range intent.Keys() {
		if k.Group == group {
			row(w, fmt.Sprintf("[%s](#%s)", k.Name, k.Name), on(k.On), form(&k), escaped(help.Sentence(k.Doc)))
		}
	}
}

// on shortens the set that most keys have.
func on(set subject.Kinds) string {
	all := subject.KindsOf(subject.Deployment, subject.StatefulSet, subject.Job, subject.CronJob)
	if set&all == all {
		return strings.Replace(set.String(), all.String(), "all workloads", 1)
	}
	return set.String()
}

func form(k *intent.Key) string {
	if strings.Contains(k.Form, "YAML") {
		return "YAML"
	}
	return code(k.Form)
}

func title(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// explain is the section of a key.
func explain(w *bytes.Buffer, k *intent.Key) {
	fmt.Fprintf(w, "\n### %s\n\n%s\n\n", k.Name, escaped(k.Doc))
	head(w, code(intent.Prefix+k.Name), "")
	row(w, "on", k.On.String())
	row(w, "legal", escaped(k.Legal))
	row(w, "example", form(k))
	for _, r := range [][2]string{
		{"default", k.Default},
		{"per container", perContainer(k)},
		{"field of the Scaler", code(k.SpecField)},
		{"not acted on yet", pending(k)},
		{"a mistake", fails(k)},
	} {
		if r[1] != "" {
			row(w, r[0], r[1])
		}
	}
}

func perContainer(k *intent.Key) string {
	if !k.PerContainer {
		return ""
	}
	return "as " + code(intent.Prefix+k.Name+".CONTAINER")
}

func pending(k *intent.Key) string {
	if k.Pending == 0 {
		return ""
	}
	return "on " + k.Pending.String() + ": read and checked only; admission says so"
}

// fails says in words what a malformed value leads to.
func fails(k *intent.Key) string {
	text := "denied on create, and on update where it is new"
	if k.Fails == intent.LastGood {
		text += "; where it is there already, the last valid value stays in force"
	}
	if k.On.Has(subject.Namespace) {
		text += "; on a Namespace ignored, with a warning"
	}
	return text
}
