package render

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/changes"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// explanation is what --explain says of one object.
type explanation struct {
	File       string   `json:"file"`
	Document   int      `json:"document"`
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Namespace  string   `json:"namespace,omitempty"`
	Name       string   `json:"name"`
	Allowed    bool     `json:"allowed"`
	Reason     string   `json:"reason,omitempty"`
	Skipped    string   `json:"skipped,omitempty"`
	Denials    []string `json:"denials,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
	Changes    []change `json:"changes,omitempty"`
}

// change is one change and where it comes from.
type change struct {
	Path   string `json:"path"`
	From   string `json:"from,omitempty"`
	To     string `json:"to"`
	Key    string `json:"key"`
	Source string `json:"source"`
	Detail string `json:"detail,omitempty"`
}

func (r *review) explanation() explanation {
	o := r.object
	e := explanation{
		File: o.Document.File, Document: o.Document.Number,
		APIVersion: o.APIVersion, Kind: o.KindName, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name,
		Allowed: r.outcome.Allowed(), Reason: r.outcome.Reason.String(), Skipped: r.outcome.Skipped,
		Denials: r.outcome.Denials, Warnings: r.outcome.Warnings,
	}
	for _, c := range r.outcome.Changes {
		e.Changes = append(e.Changes, change{c.Path, c.From, c.To, c.Key.String(), c.Source.String(), c.Detail})
	}
	return e
}

func (o *flags) printExplanations(w io.Writer, reviews []review) error {
	if o.output != "" {
		return printData(w, o.output, reviews)
	}
	others := 0
	for i := range reviews {
		if !reviews[i].workload {
			others++
			continue
		}
		if err := reviews[i].explain(w); err != nil {
			return err
		}
	}
	return printOthers(w, others)
}

func printData(w io.Writer, output string, reviews []review) error {
	all := make([]explanation, 0, len(reviews))
	for i := range reviews {
		if reviews[i].workload || len(reviews[i].outcome.Warnings) > 0 {
			all = append(all, reviews[i].explanation())
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil && output == string(manifest.YAML) {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return fmt.Errorf("writing explanations: %w", err)
	}
	_, err = fmt.Fprintln(w, strings.TrimSuffix(string(text), "\n"))
	return err
}

func printOthers(w io.Writer, n int) error {
	var err error
	switch {
	case n == 1:
		_, err = fmt.Fprintln(w, "One object is of a kind that Plimsoll does not review.")
	case n > 1:
		_, err = fmt.Fprintf(w, "%d objects are of kinds that Plimsoll does not review.\n", n)
	}
	return err
}

// explain writes one object's heading and the table of its changes.
func (r *review) explain(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%s (%s): %s\n", r.object, r.object.Where(), r.summary()); err != nil {
		return err
	}
	for _, group := range byKey(r.outcome.Changes) {
		if err := printGroup(w, group); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (r *review) summary() string {
	switch o := &r.outcome; {
	case !o.Allowed():
		return "denied"
	case o.Skipped != "":
		return "not reviewed: it " + o.Skipped
	case len(o.Changes) == 1:
		return "1 change"
	case len(o.Changes) > 1:
		return fmt.Sprintf("%d changes", len(o.Changes))
	default:
		return "complete as it is"
	}
}

// byKey puts the changes together that come from one key in one place, in the order of their first.
func byKey(changes []patch.Change) [][]patch.Change {
	var groups [][]patch.Change
	for _, c := range changes {
		i := slices.IndexFunc(groups, func(g []patch.Change) bool { return g[0].Key == c.Key && g[0].Source == c.Source })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

func printGroup(w io.Writer, group []patch.Change) error {
	if _, err := fmt.Fprintf(w, "  %s (%s)\n", group[0].Key, group[0].Source); err != nil {
		return err
	}
	return changes.Print(w, group, "    ")
}
