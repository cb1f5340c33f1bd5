// Package help lays out the help of commands that have many flags.
package help

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Section is a group of flags under a heading.
type Section struct {
	Title string
	Flags *pflag.FlagSet
}

// formKey is the annotation of a flag that holds its form.
const formKey = "plimsoll.dev/form"

// SetForm says what the value of a flag looks like: "FILE", or an example such as "70%". Flags without are shown by type.
func SetForm(flags *pflag.FlagSet, name, form string) { annotate(flags.Lookup(name), formKey, form) }

func annotate(f *pflag.Flag, key, value string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[key] = []string{value}
}

// sectionKey is the annotation of a flag that holds the title of its section.
const sectionKey = "plimsoll.dev/section"

// Sections gives a command its flags, and makes its help show them in sections, each in the order in which it was made.
func Sections(cmd *cobra.Command, sections []Section) {
	cmd.Flags().SortFlags = false
	for _, s := range sections {
		s.Flags.SortFlags = false
		s.Flags.VisitAll(func(f *pflag.Flag) { annotate(f, sectionKey, s.Title) })
		cmd.Flags().AddFlagSet(s.Flags)
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprint(cmd.OutOrStderr(), usage(cmd))
		return err
	})
}

// Of gives the sections of a command that was given them, hidden flags left out.
func Of(cmd *cobra.Command) []Section {
	var sections []Section
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		title := f.Annotations[sectionKey]
		if len(title) == 0 || f.Hidden {
			return
		}
		if len(sections) == 0 || sections[len(sections)-1].Title != title[0] {
			flags := pflag.NewFlagSet(title[0], pflag.ContinueOnError)
			flags.SortFlags = false
			sections = append(sections, Section{title[0], flags})
		}
		sections[len(sections)-1].Flags.AddFlag(f)
	})
	return sections
}

func usage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage:\n  %s\n", cmd.UseLine())
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, s := range Of(cmd) {
		fmt.Fprintf(&b, "\n%s:\n", s.Title)
		s.Flags.VisitAll(func(f *pflag.Flag) { b.WriteString(Flag(f)) })
	}
	return b.String()
}

// The layout in columns: where the text begins, and where it ends.
const (
	begin = 36
	end   = 120
)

// Flag describes a flag: its names and value, and beside them what it does.
func Flag(f *pflag.Flag) string {
	name, text := Describe(f)
	return Row("  "+name, text)
}

// Row writes a name and, in the second column, a text. A name that is too long for its column has a line of its own.
func Row(name, text string) string {
	lines := strings.TrimLeft(Wrapped(text, strings.Repeat(" ", begin)), " ")
	if len(name) >= begin {
		name += "\n"
		return name + strings.Repeat(" ", begin) + lines
	}
	return fmt.Sprintf("%-*s%s", begin, name, lines)
}

// Describe gives a flag's names and value, as in "-f, --filename FILE", and what it does.
func Describe(f *pflag.Flag) (name, text string) {
	kind, text := pflag.UnquoteUsage(f)
	if form := f.Annotations[formKey]; len(form) > 0 {
		kind = form[0]
	}
	name = "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	if kind != "" && f.NoOptDefVal != "" {
		name += "[=" + kind + "]"
	} else if kind != "" {
		name += " " + kind
	}
	if shown(f) {
		text += fmt.Sprintf(" Default: %s.", f.DefValue)
	}
	return name, text
}

// shown tells whether a default says something.
func shown(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "false", "[]", "0":
		return false
	}
	return !strings.Contains(f.Usage, "Default: ")
}
