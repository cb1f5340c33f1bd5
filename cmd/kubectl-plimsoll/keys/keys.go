// Package keys explains the annotations, as kubectl explain does fields.
package keys

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

const long = `List the annotations that Plimsoll knows, or explain one of them: where it may stand, what is legal, what it does, and what
happens where it is not there.`

const example = `  # All of them
  kubectl plimsoll keys

  # Those that a CronJob can have
  kubectl plimsoll keys --on CronJob

  # One
  kubectl plimsoll keys ttl`

// options are the flags.
type options struct {
	on     string
	output string
}

// New makes the command.
func New() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "keys [KEY] [--on KIND]",
		Aliases:               []string{"key"},
		Short:                 "List the annotations, or explain one",
		Long:                  long,
		Example:               example,
		Args:                  cobra.MaximumNArgs(1),
		ValidArgs:             names(),
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.OutOrStdout(), args)
		},
	}
	f := pflag.NewFlagSet("keys", pflag.ContinueOnError)
	f.StringVar(&o.on, "on", "", "Only those that have a meaning on a kind: Deployment, StatefulSet, Job, CronJob or Namespace.")
	f.StringVarP(&o.output, "output", "o", "", "json or yaml: the table as data.")
	help.SetForm(f, "on", "KIND")
	help.SetForm(f, "output", "FORM")
	help.Sections(cmd, []help.Section{{Title: "Flags", Flags: f}})
	return cmd
}

func (o *options) run(w io.Writer, args []string) error {
	selected, err := o.selected(args)
	switch {
	case err != nil:
		return err
	case o.output != "":
		return printData(w, o.output, selected)
	case len(args) == 1:
		return explain(w, &selected[0])
	default:
		return list(w, selected)
	}
}

func (o *options) selected(args []string) ([]intent.Key, error) {
	if !slices.Contains([]string{"", "json", "yaml"}, o.output) {
		return nil, fmt.Errorf("--output %q: legal are json, yaml", o.output)
	}
	keys := slices.Clone(intent.Keys())
	if o.on != "" {
		kind, err := kindOf(o.on)
		if err != nil {
			return nil, err
		}
		keys = slices.DeleteFunc(keys, func(k intent.Key) bool { return !k.On.Has(kind) })
	}
	if len(args) == 0 {
		return keys, nil
	}
	name := strings.TrimPrefix(args[0], intent.Prefix)
	for _, k := range keys {
		base, _, dotted := strings.Cut(name, ".")
		if k.Name == name || k.PerContainer && dotted && k.Name == base {
			return []intent.Key{k}, nil
		}
	}
	return nil, unknown(name, o.on)
}

func unknown(name, on string) error {
	text := fmt.Sprintf("there is no key %s%s", intent.Prefix, name)
	if on != "" {
		text += " on a " + on
	}
	if n, ok := nearest.To(name, names()); ok && n != name {
		text += "; did you mean " + n + "?"
	}
	return fmt.Errorf("%s", text)
}

func names() []string {
	var all []string
	for _, k := range intent.Keys() {
		all = append(all, k.Name)
	}
	return all
}

func kindOf(name string) (subject.Kind, error) {
	var legal []string
	for k := subject.Deployment; k <= subject.Namespace; k++ {
		if strings.EqualFold(k.String(), strings.TrimSuffix(name, "s")) {
			return k, nil
		}
		legal = append(legal, k.String())
	}
	return subject.Other, fmt.Errorf("--on %q: legal are %s", name, strings.Join(legal, ", "))
}

// list writes the keys by group, each with an example and the first sentence of what it does.
func list(w io.Writer, keys []intent.Key) error {
	var b strings.Builder
	for i := range keys {
		k := &keys[i]
		if i == 0 || k.Group != keys[i-1].Group {
			fmt.Fprintf(&b, "%s\n", strings.ToUpper(string(k.Group)))
		}
		text := help.Sentence(k.Doc)
		if idle(k) {
			text += " (Read and checked, but not acted on yet.)"
		}
		b.WriteString(help.Row("  "+k.Name+": "+k.Form, text))
		if i+1 < len(keys) && k.Group != keys[i+1].Group {
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "\nAll begin with %s. \"kubectl plimsoll keys KEY\" explains one.\n", intent.Prefix)
	_, err := io.WriteString(w, b.String())
	return err
}

// idle tells whether a key is acted on nowhere yet.
func idle(k *intent.Key) bool {
	for kind := subject.Deployment; kind < subject.Namespace; kind++ {
		if k.On.Has(kind) && !k.Pending.Has(kind) {
			return false
		}
	}
	return true
}

// explain writes all there is to know of a key.
func explain(w io.Writer, k *intent.Key) error {
	d := describe(k)
	fmt.Fprintf(w, "%s\n\n", d.Key)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"On", strings.Join(d.On, ", ")},
		{"Legal", d.Legal},
		{"Example", d.Example},
		{"Default", d.Default},
		{"Scaler field", d.SpecField},
		{"Not yet on", strings.Join(d.Pending, ", ")},
	} {
		if row[1] != "" {
			fmt.Fprintf(table, "  %s\t%s\n", row[0], row[1])
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s", help.Wrapped(d.Doc, "  "))
	return err
}

// description is a key as data.
type description struct {
	Key          string   `json:"key"`
	Group        string   `json:"group"`
	On           []string `json:"on"`
	PerContainer bool     `json:"perContainer,omitempty"`
	Legal        string   `json:"legal"`
	Example      string   `json:"example"`
	Default      string   `json:"default,omitempty"`
	SpecField    string   `json:"specField,omitempty"`
	Pending      []string `json:"pending,omitempty"`
	Doc          string   `json:"doc"`
}

func describe(k *intent.Key) description {
	return description{
		Key: intent.Prefix + k.Name, Group: string(k.Group), On: kinds(k.On), PerContainer: k.PerContainer,
		Legal: k.Legal, Example: k.Form, Default: k.Default, SpecField: k.SpecField, Pending: kinds(k.Pending), Doc: k.Doc,
	}
}

func kinds(set subject.Kinds) []string {
	var all []string
	for k := subject.Deployment; k <= subject.Namespace; k++ {
		if set.Has(k) {
			all = append(all, k.String())
		}
	}
	return all
}

func printData(w io.Writer, output string, keys []intent.Key) error {
	all := make([]description, 0, len(keys))
	for i := range keys {
		all = append(all, describe(&keys[i]))
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil && output == "yaml" {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return fmt.Errorf("writing keys: %w", err)
	}
	_, err = fmt.Fprintln(w, strings.TrimSuffix(string(text), "\n"))
	return err
}
