package annotate

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/textdiff"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/yamledit"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// runLocal edits files.
func (o *options) runLocal(cmd *cobra.Command, e *edit.Edit) error {
	files, err := manifest.Reader{Recursive: o.recursive, Stdin: cmd.InOrStdin()}.Read(o.files)
	if err != nil {
		return err
	}
	namespaces := &manifest.Namespaces{Default: o.localNamespace()}
	if err := namespaces.Learn(files); err != nil {
		return err
	}
	ops := map[*manifest.Document][]patch.Op{}
	targets := workloadsIn(files)
	if len(targets) == 0 {
		return errors.New("no workload in these files; legal are Deployment, StatefulSet, Job, CronJob and Namespace")
	}
	var refused []error
	for _, target := range targets {
		l := local{target, e, namespaces}
		edits, err := l.ops(cmd)
		refused = append(refused, err)
		ops[target.Document] = append(ops[target.Document], edits...)
	}
	if err := errors.Join(refused...); err != nil {
		return exitcode.AsDenied(err)
	}
	return o.writeFiles(cmd, files, ops)
}

func (o *options) localNamespace() string {
	if o.config.Namespace != nil && *o.config.Namespace != "" {
		return *o.config.Namespace
	}
	return "default"
}

// workloadsIn are the workloads in files, or, where there are none, the Namespaces: next to workloads these are scenery.
func workloadsIn(files []*manifest.File) []*manifest.Object {
	var workloads, namespaces []*manifest.Object
	for object := range manifest.Objects(files) {
		switch object.Kind {
		case subject.Other:
		case subject.Namespace:
			namespaces = append(namespaces, object)
		default:
			workloads = append(workloads, object)
		}
	}
	if len(workloads) == 0 {
		return namespaces
	}
	return workloads
}

// local is one object in a file.
type local struct {
	object     *manifest.Object
	edit       *edit.Edit
	namespaces *manifest.Namespaces
}

// ops are the operations on the object's document. The error says why the object is refused.
func (l *local) ops(cmd *cobra.Command) ([]patch.Op, error) {
	if err := l.edit.CheckOn(l.object.Kind); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", l.object.Where(), l.object, err)
	}
	before := l.object.Metadata.Annotations
	after := l.edit.Apply(before)
	ops := edit.Ops(before, after)
	outcome, err := l.review(ops, after)
	if err != nil {
		return nil, err
	}
	for _, text := range outcome.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "Warning: %s: %s: %s\n", l.object.Where(), l.object, text)
	}
	var refused []error
	for _, text := range outcome.Denials {
		refused = append(refused, fmt.Errorf("%s: %s: %s", l.object.Where(), l.object, text))
	}
	for i := range ops {
		ops[i].Path = l.object.Pointer + ops[i].Path
	}
	return ops, errors.Join(refused...)
}

// review asks the core what admission would say of the object with the edit.
func (l *local) review(ops []patch.Op, after map[string]string) (admit.Outcome, error) {
	if l.object.Kind == subject.Namespace {
		return reviewNamespace(after), nil
	}
	edited, err := yamledit.Apply(l.object.JSON, ops)
	if err != nil {
		return admit.Outcome{}, fmt.Errorf("%s: %s: %w", l.object.Where(), l.object, err)
	}
	return admit.Review(admit.Input{
		Operation: admit.Create, Object: edited,
		Namespace: l.namespaces.Find(l.object.Metadata.Namespace), Platform: patch.DefaultPlatform(),
		Scalers: true, // the cluster's admission says where they are missing
	}), nil
}

// writeFiles prints the files, or writes those back that changed.
func (o *options) writeFiles(cmd *cobra.Command, files []*manifest.File, ops map[*manifest.Document][]patch.Op) error {
	var edited []*manifest.File
	for _, f := range files {
		with, err := f.Edited(ops)
		if err != nil {
			return err
		}
		edited = append(edited, with)
	}
	if o.inPlace {
		return o.writeBack(cmd, files, edited)
	}
	text, err := manifest.Join(edited, manifest.AsIs)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(text)
	return err
}

func (o *options) writeBack(cmd *cobra.Command, before, after []*manifest.File) error {
	out := cmd.OutOrStdout()
	colours := textdiff.Colours(terminal.Colored(o.color, out))
	var changed []*manifest.File
	for i := range before {
		diff, err := textdiff.Unified(before[i].Name, before[i].Texts(), after[i].Texts())
		if err != nil {
			return err
		}
		if diff == "" {
			continue
		}
		changed = append(changed, after[i])
		if err := textdiff.Print(out, diff, colours); err != nil {
			return err
		}
	}
	if len(changed) > 0 && !o.yes && o.dryRun == dryNone {
		if err := confirm(cmd, fmt.Sprintf("Write %d of %d files?", len(changed), len(before))); err != nil {
			return err
		}
	}
	for _, f := range changed {
		if o.dryRun == dryClient {
			fmt.Fprintln(out, f.Name, "edited (dry run)")
			continue
		}
		if err := writeFile(f); err != nil {
			return err
		}
		fmt.Fprintln(out, f.Name, "edited")
	}
	return nil
}

func writeFile(f *manifest.File) error {
	info, err := os.Stat(f.Name)
	if err != nil {
		return err
	}
	return os.WriteFile(f.Name, f.Text(), info.Mode().Perm())
}
