package render

import (
	"io"
	"slices"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/textdiff"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// print writes what was asked for: explanations, diffs, or manifests.
func (o *flags) print(w io.Writer, files []*manifest.File, reviews []review) error {
	if o.explain {
		if err := o.printExplanations(w, reviews); err != nil {
			return err
		}
		if !o.diff {
			return nil
		}
	}
	if slices.ContainsFunc(reviews, func(r review) bool { return !r.outcome.Allowed() }) && !o.diff {
		return nil // a pipe to kubectl apply must not get the half of it
	}
	completed, err := complete(files, reviews)
	if err != nil {
		return err
	}
	if o.diff {
		return o.printDiffs(w, files, completed)
	}
	return o.printManifests(w, completed)
}

// complete gives the files as admission would make them.
func complete(files []*manifest.File, reviews []review) ([]*manifest.File, error) {
	ops := map[*manifest.Document][]patch.Op{}
	for _, r := range reviews {
		d := r.object.Document
		for _, op := range r.outcome.Ops {
			op.Path = r.object.Pointer + op.Path
			ops[d] = append(ops[d], op)
		}
	}
	completed := make([]*manifest.File, 0, len(files))
	for _, f := range files {
		edited, err := f.Edited(ops)
		if err != nil {
			return nil, err
		}
		completed = append(completed, edited)
	}
	return completed, nil
}

func (o *flags) printDiffs(w io.Writer, before, after []*manifest.File) error {
	colours := textdiff.Colours(terminal.Colored(o.color, w))
	for i := range before {
		text, err := textdiff.Unified(before[i].Name, before[i].Texts(), after[i].Texts())
		if err != nil {
			return err
		}
		if err := textdiff.Print(w, text, colours); err != nil {
			return err
		}
	}
	return nil
}

func (o *flags) printManifests(w io.Writer, files []*manifest.File) error {
	text, err := manifest.Join(files, manifest.Format(o.output))
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
