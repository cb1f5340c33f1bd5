package annotate

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/changes"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/textdiff"
)

// warn says what admission will warn of, and what it will not look at.
func (t *target) warn(h *warnings) {
	for _, text := range t.outcome.Warnings {
		h.about(t.String(), text)
	}
	if t.outcome.Skipped != "" {
		h.about(t.String(), "it "+t.outcome.Skipped)
	}
}

// show writes what changes in an object: its annotations, and what admission will make of it.
func (t *target) show(cmd *cobra.Command, colours textdiff.Colours) error {
	if t.unchanged() {
		return nil
	}
	heading := t.String()
	if ns := t.object.GetNamespace(); ns != "" {
		heading += " in namespace " + ns
	}
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s:\n", heading)
	changed, err := changedAnnotations(t.before, t.after)
	if err != nil {
		return err
	}
	if err := textdiff.Print(out, changed, colours); err != nil {
		return err
	}
	return t.showAdditions(cmd)
}

// changedAnnotations is the diff of those of Plimsoll's annotations that change, as YAML.
func changedAnnotations(before, after map[string]string) (string, error) {
	was, is := edit.Ours(before), edit.Ours(after)
	for key, value := range is {
		if old, there := was[key]; there && old == value {
			delete(was, key)
			delete(is, key)
		}
	}
	return textdiff.Changed(asYAML(was), asYAML(is))
}

func asYAML(annotations map[string]string) string {
	if len(annotations) == 0 {
		return ""
	}
	text, err := yaml.Marshal(annotations)
	if err != nil {
		return fmt.Sprintln(annotations)
	}
	return string(text)
}

// showAdditions says what admission adds because of the annotations. A changed template replaces pods: better known before.
func (t *target) showAdditions(cmd *cobra.Command) error {
	if len(t.outcome.Changes) == 0 {
		return nil
	}
	out := cmd.OutOrStdout()
	what := "Admission will complete it"
	if t.replacesPods() {
		what += ", and its pods are replaced"
	}
	fmt.Fprintf(out, "%s:\n", what)
	return changes.Print(out, t.outcome.Changes, "  ")
}

func question(targets []*target, changing int) string {
	if len(targets) == 1 {
		return fmt.Sprintf("Annotate %s?", targets[0])
	}
	return fmt.Sprintf("Annotate %d of %d objects?", changing, len(targets))
}

// confirm asks, and takes only a yes for a yes. Without a terminal there is nobody to ask.
func confirm(cmd *cobra.Command, question string) error {
	if !terminal.Is(cmd.InOrStdin()) {
		return errors.New("nothing was written: standard input is no terminal, so nobody can be asked; --yes writes without asking")
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", question)
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return exitcode.AsDenied(errors.New("nothing was written"))
}
