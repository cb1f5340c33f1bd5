package annotate

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/resource"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/textdiff"
)

// runCluster gathers the objects, decides what becomes of them, and, after a yes, writes.
func (o *options) runCluster(cmd *cobra.Command, e *edit.Edit, objects []string) error {
	heard := &warnings{w: cmd.ErrOrStderr(), said: map[string]bool{}}
	o.listen(heard)
	targets, err := o.gather(cmd.InOrStdin(), e, objects)
	if err != nil {
		return err
	}
	if err := o.decide(targets); err != nil {
		return err
	}
	colours := textdiff.Colours(terminal.Colored(o.color, cmd.OutOrStdout()))
	changing := 0
	for _, t := range targets {
		t.warn(heard)
		if err := t.show(cmd, colours); err != nil {
			return err
		}
		if !t.unchanged() {
			changing++
			fmt.Fprintln(cmd.OutOrStdout())
		}
	}
	if changing > 0 && o.dryRun == dryNone && !o.yes {
		if err := confirm(cmd, question(targets, changing)); err != nil {
			return err
		}
	}
	return o.write(cmd.OutOrStdout(), targets)
}

// gather finds the objects in the cluster, by their names in arguments or in files.
func (o *options) gather(stdin io.Reader, e *edit.Edit, names []string) ([]*target, error) {
	namespace, enforced, err := o.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	var infos []*resource.Info
	if len(o.files) > 0 {
		infos, err = o.inFiles(stdin, namespace, enforced)
	} else {
		infos, err = o.query(namespace).AllNamespaces(o.allNamespaces).
			LabelSelectorParam(o.selector).SelectAllParam(o.all).
			ResourceTypeOrNameArgs(false, names...).
			Do().Infos()
	}
	if err == nil && len(infos) == 0 {
		err = errors.New("no objects found")
	}
	if err != nil {
		return nil, err
	}
	return newTargets(infos, e)
}

func (o *options) query(namespace string) *resource.Builder {
	return resource.NewBuilder(o.config).Unstructured().ContinueOnError().NamespaceParam(namespace).DefaultNamespace().Flatten()
}

// inFiles finds the workloads that files name. What stands beside them in the files, of kinds that the cluster may not even
// know, is nobody's business here.
func (o *options) inFiles(stdin io.Reader, namespace string, enforced bool) ([]*resource.Info, error) {
	files, err := manifest.Reader{Recursive: o.recursive, Stdin: stdin}.Read(o.files)
	if err != nil {
		return nil, err
	}
	var infos []*resource.Info
	for _, object := range workloadsIn(files) {
		where := cmp.Or(object.Metadata.Namespace, namespace)
		if enforced && where != namespace {
			return nil, fmt.Errorf("%s: %s: is in another namespace than --namespace %s", object.Where(), object, namespace)
		}
		found, err := o.query(where).ResourceNames(resourceOf(object), object.Metadata.Name).Do().Infos()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", object.Where(), err)
		}
		infos = append(infos, found...)
	}
	return infos, nil
}

// resourceOf names the type such that no other of the same kind is meant: Deployment.v1.apps.
func resourceOf(object *manifest.Object) string {
	group, version, grouped := strings.Cut(object.APIVersion, "/")
	if !grouped {
		return object.KindName
	}
	return object.KindName + "." + version + "." + group
}

func newTargets(infos []*resource.Info, e *edit.Edit) ([]*target, error) {
	var targets []*target
	var all []error
	for _, info := range infos {
		t, err := newTarget(info, e)
		targets, all = append(targets, t), append(all, err)
	}
	return targets, errors.Join(all...)
}

// decide reviews all objects. One that admission would deny stops all: nobody wants to find out which were written.
func (o *options) decide(targets []*target) error {
	namespaces := clusterNamespaces{config: o.config}
	var denials []error
	for _, t := range targets {
		ns, err := namespaces.find(t.object.GetNamespace())
		if err != nil {
			return err
		}
		if err := t.review(ns); err != nil {
			return err
		}
		for _, text := range t.outcome.Denials {
			denials = append(denials, fmt.Errorf("%s: %s", t, text))
		}
	}
	if len(denials) > 0 {
		return exitcode.AsDenied(errors.Join(denials...))
	}
	return nil
}

// write writes what changes, and says of every object what was done.
func (o *options) write(w io.Writer, targets []*target) error {
	for _, t := range targets {
		done := "unchanged"
		if !t.unchanged() {
			done = "annotated"
			if err := o.writeOne(t); err != nil {
				return err
			}
		}
		switch o.dryRun {
		case dryClient:
			done += " (dry run)"
		case dryServer:
			done += " (server dry run)"
		}
		if _, err := fmt.Fprintf(w, "%s %s\n", t, done); err != nil {
			return err
		}
	}
	return nil
}

// attempts bounds how often a write is tried again because the object changed elsewhere meanwhile.
const attempts = 5

// writeOne patches the version of the object that was shown, or a later one with the same annotations of Plimsoll.
func (o *options) writeOne(t *target) error {
	if o.dryRun == dryClient {
		return nil
	}
	helper := resource.NewHelper(t.info.Client, t.info.Mapping).WithFieldManager(o.fieldManager).DryRun(o.dryRun == dryServer)
	version := t.object.GetResourceVersion()
	for range attempts {
		body, err := t.mergePatch(version)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		_, err = helper.Patch(t.info.Namespace, t.info.Name, mergePatchType, body, nil)
		if !apierrors.IsConflict(err) {
			return t.answered(err)
		}
		if version, err = t.again(helper); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s: it is being changed by somebody else all the time; nothing was written to it", t)
}
