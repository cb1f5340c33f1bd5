// Package render shows what admission would make of manifests, without a cluster.
package render

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/options"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/manifest"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

const long = `Print what admission would make of the manifests, as YAML on standard output, without a cluster.

What Plimsoll does not touch comes out as it went in, byte for byte; what it adds is put in by the side of what is there.
Warnings and denials go to standard error. Where something is denied, no manifest is printed and the exit code is 1; where
the command or its input is wrong, it is 2.

Only the cluster knows the labels and annotations of a namespace. Say them with --namespace-file, which takes the Namespace
and, in the same file, its LimitRanges; or with --enrolled, if all that matters is the label plimsoll.dev/enabled=true. A
Namespace among the manifests counts, too.

The API server fills in defaults before admission (a Job's backoffLimit of 6, for one), and does not do so here. Every
object is taken for a new one.`

const example = `  # What would be added to a Deployment and why
  kubectl plimsoll render -f consumer.yaml --explain

  # The same as a diff, for all manifests of a folder in an enrolled namespace
  kubectl plimsoll render -f deploy/ -R --namespace-file namespace.yaml --diff

  # Complete what a chart makes before it is sent
  helm template shop ./chart | kubectl plimsoll render -f - --enrolled | kubectl apply -f -`

// flags are the flags.
type flags struct {
	files            []string
	recursive        bool
	namespaceFiles   []string
	namespace        string
	enrolled         bool
	scalers          bool
	diff, explain    bool
	output           string
	warningsAsErrors bool
	color            string
	platform         options.Platform
}

// New makes the command.
func New() *cobra.Command {
	o := &flags{}
	cmd := &cobra.Command{
		Use:     "render -f FILE|- [--namespace-file FILE]",
		Short:   "Print what admission would make of manifests, offline",
		Long:    long,
		Example: example,
		Args:    cobra.NoArgs,
		// The flags that matter are in Use already.
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd)
		},
	}
	f := pflag.NewFlagSet("render", pflag.ContinueOnError)
	f.StringArrayVarP(&o.files, "filename", "f", nil, "File or folder with the manifests, or - for standard input. Can be repeated.")
	f.BoolVarP(&o.recursive, "recursive", "R", false, "Read the folders in folders, too.")
	f.StringArrayVar(&o.namespaceFiles, "namespace-file", nil,
		"File with the Namespace (its labels and annotations) and its LimitRanges. Can be repeated.")
	f.StringVarP(&o.namespace, "namespace", "n", "",
		"Namespace of objects that name none. Default: that of --namespace-file where it holds one, else default.")
	f.BoolVar(&o.scalers, "scalers", false, "Take plimsoll-scalers for deployed, which serves triggers without a source of their own.")
	f.BoolVar(&o.enrolled, "enrolled", false, "Take every namespace for enrolled (labelled plimsoll.dev/enabled=true).")
	f.BoolVar(&o.diff, "diff", false, "Print what would change as a unified diff, instead of the manifests.")
	f.BoolVar(&o.explain, "explain", false, "Print each change, the key that asks for it and where that stands, instead of the manifests.")
	f.StringVarP(&o.output, "output", "o", "",
		"yaml or json. Default: each document as it came. With --explain: a table, or the same as data.")
	o.platform.AddFlags(f)
	f.BoolVar(&o.warningsAsErrors, "warnings-as-errors", false, "Exit with 1 where there is a warning.")
	f.StringVar(&o.color, "color", terminal.Auto, "Colours in diffs: auto, always or never.")
	forms := map[string]string{"filename": "FILE", "namespace-file": "FILE", "namespace": "NAME", "output": "FORM", "color": "WHEN",
		"spot-node-label": "KEY=VALUE", "spot-toleration": "KEY=VALUE:EFFECT"}
	for name, form := range forms {
		help.SetForm(f, name, form)
	}
	help.Sections(cmd, []help.Section{{Title: "Flags", Flags: f}})
	return cmd
}

func (o *flags) validate() error {
	switch {
	case len(o.files) == 0:
		return errors.New("say which manifests: -f FILE, -f FOLDER, or -f - for standard input")
	case o.diff && o.output != "":
		return errors.New("--diff and --output exclude each other: a diff has one form")
	case !slices.Contains([]string{"", string(manifest.YAML), string(manifest.JSON)}, o.output):
		return fmt.Errorf("--output %q: legal are yaml, json", o.output)
	case slices.Contains(o.files, manifest.Stdin) && slices.Contains(o.namespaceFiles, manifest.Stdin):
		return errors.New("standard input (-) can be read once only: it is named by --filename and by --namespace-file")
	}
	return terminal.CheckColor(o.color)
}

func (o *flags) run(cmd *cobra.Command) error {
	platform, err := o.platform.Complete()
	if err != nil {
		return err
	}
	files, namespaces, err := o.gather(cmd)
	if err != nil {
		return err
	}
	reviews := cluster{namespaces, platform, o.scalers}.review(files)
	if err := report(cmd.ErrOrStderr(), reviews); err != nil {
		return err
	}
	if err := o.print(cmd.OutOrStdout(), files, reviews); err != nil {
		return err
	}
	return o.verdict(reviews)
}

// gather reads the manifests and what is said of their namespaces.
func (o *flags) gather(cmd *cobra.Command) ([]*manifest.File, *manifest.Namespaces, error) {
	reader := manifest.Reader{Recursive: o.recursive, Stdin: cmd.InOrStdin()}
	files, err := reader.Read(o.files)
	if err != nil {
		return nil, nil, err
	}
	about, err := reader.Read(o.namespaceFiles)
	if err != nil {
		return nil, nil, err
	}
	if err := speaksOfNamespaces(about); err != nil {
		return nil, nil, err
	}
	namespaces := &manifest.Namespaces{Default: o.defaultNamespace(about), Enrolled: o.enrolled}
	for _, source := range [][]*manifest.File{about, files} {
		if err := namespaces.Learn(source); err != nil {
			return nil, nil, err
		}
	}
	return files, namespaces, nil
}

// defaultNamespace is the namespace of objects that name none.
func (o *flags) defaultNamespace(about []*manifest.File) string {
	return cmp.Or(o.namespace, manifest.OnlyNamespace(about), "default")
}

// speaksOfNamespaces refuses a --namespace-file that says nothing: somebody meant another file.
func speaksOfNamespaces(files []*manifest.File) error {
	for _, f := range files {
		found := false
		for o := range manifest.Objects([]*manifest.File{f}) {
			found = found || o.Kind == subject.Namespace || manifest.IsLimitRange(o)
		}
		if !found {
			return fmt.Errorf("--namespace-file %s: holds neither a Namespace nor a LimitRange of v1", f.Name)
		}
	}
	return nil
}
