package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
)

// report writes warnings and denials. What is wrong with a Namespace is said once, not for each of its workloads.
func report(w io.Writer, reviews []review) error {
	said := map[string]bool{}
	for _, r := range reviews {
		for _, text := range r.outcome.Warnings {
			if strings.HasPrefix(text, "namespace ") && said[text] {
				continue
			}
			said[text] = true
			if err := r.say(w, "Warning", text); err != nil {
				return err
			}
		}
		for _, text := range r.outcome.Denials {
			if err := r.say(w, "Denied", text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *review) say(w io.Writer, kind, text string) error {
	_, err := fmt.Fprintf(w, "%s: %s: %s: %s\n", kind, r.object.Where(), r.object, text)
	return err
}

// verdict is the error that the command ends with.
func (o *flags) verdict(reviews []review) error {
	workloads, denied, warned := 0, 0, 0
	for _, r := range reviews {
		if r.workload {
			workloads++
		}
		if !r.outcome.Allowed() {
			denied++
		}
		if len(r.outcome.Warnings) > 0 {
			warned++
		}
	}
	switch {
	case denied > 0:
		return exitcode.AsDenied(fmt.Errorf("admission would deny %d of %d workloads", denied, workloads))
	case warned > 0 && o.warningsAsErrors:
		return exitcode.AsDenied(fmt.Errorf("warnings about %d of %d objects, and --warnings-as-errors is set", warned, len(reviews)))
	}
	return nil
}
