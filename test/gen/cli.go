package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/root"
)

// cli writes a section for each verb, from what its help is made of.
func cli(w *bytes.Buffer, _ string) error {
	if err := about(w, "cli.md"); err != nil {
		return err
	}
	for _, cmd := range root.New().Commands() {
		if !cmd.Hidden && cmd.Name() != "help" && cmd.Name() != "completion" {
			verb(w, cmd)
		}
	}
	return nil
}

func verb(w *bytes.Buffer, cmd *cobra.Command) {
	fmt.Fprintf(w, "\n## %s\n\n```\n%s\n```\n\n", cmd.CommandPath(), cmd.UseLine())
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	w.WriteString(escaped(text) + "\n")
	if cmd.HasExample() {
		fmt.Fprintf(w, "\n```sh\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(cmd.Example, "  "), "\n  ", "\n"))
	}
	sections := help.Of(cmd)
	if len(sections) == 0 {
		sections = []help.Section{{Title: "Flags", Flags: cmd.LocalFlags()}}
	}
	for _, s := range sections {
		fmt.Fprintf(w, "\n### %s: %s\n\n", cmd.Name(), strings.ToLower(s.Title[:1])+s.Title[1:])
		head(w, "flag", "does")
		s.Flags.SortFlags = false
		s.Flags.VisitAll(func(f *pflag.Flag) {
			if name, text := help.Describe(f); !f.Hidden && f.Name != "help" {
				row(w, code(strings.TrimSpace(name)), escaped(text))
			}
		})
	}
}
