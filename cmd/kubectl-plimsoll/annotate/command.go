// Package annotate writes Plimsoll's annotations onto workloads that exist, or into their files.
package annotate

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/edit"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/help"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/terminal"
)

const long = `Write Plimsoll's annotations onto workloads, or onto Namespaces as defaults for the workloads in them.

There is a flag for every annotation: --ttl 1h writes plimsoll.dev/ttl, and "kubectl plimsoll keys" lists them. Values are
checked before the cluster is asked, and against the object before it is written. Then the change is shown, what admission
will make of it too, and after a yes it is written. Nothing is written where one of several objects is refused.

A value that begins with @ names a file that holds it. --requests and --limits take app:cpu=1 for the container app alone,
and can be repeated. As with kubectl annotate, arguments KEY=VALUE set and KEY- takes away.

With --local the files of -f are edited instead, and printed, or with --in-place written back; everything else in them
stays as it is.`

const example = `  # Scale a Deployment on CPU, 1 to 10 pods
  kubectl plimsoll annotate deploy/web --cpu 70% --max 10

  # Let a consumer sleep at zero, on triggers that stand in a file
  kubectl plimsoll annotate deploy/consumer --min 0 --max 20 --triggers @triggers.yaml

  # Finished Jobs of all CronJobs with a label go after an hour; without asking
  kubectl plimsoll annotate cronjobs -l team=reports --ttl 1h --yes

  # Defaults for all workloads of a namespace
  kubectl plimsoll annotate ns/team-a --requests cpu=100m,memory=128Mi --limits memory=512Mi

  # No longer scale on memory
  kubectl plimsoll annotate deploy/web memory-

  # Edit the file instead
  kubectl plimsoll annotate -f web.yaml --local --in-place --cpu 70% --max 10`

// The values of --dry-run, as kubectl's.
const (
	dryNone   = "none"
	dryClient = "client"
	dryServer = "server"
)

// options are the flags.
type options struct {
	edit   *edit.Flags
	config *genericclioptions.ConfigFlags

	files         []string
	recursive     bool
	selector      string
	all           bool
	allNamespaces bool
	local         bool
	inPlace       bool

	yes          bool
	dryRun       string
	fieldManager string
	color        string
}

// New makes the command.
func New() *cobra.Command {
	o := &options{edit: edit.NewFlags(), config: genericclioptions.NewConfigFlags(true)}
	cmd := &cobra.Command{
		Use:     "annotate (TYPE/NAME ... | TYPE -l SELECTOR | -f FILE) --KEY VALUE ...",
		Short:   "Write annotations onto workloads, after showing what changes",
		Long:    long,
		Example: example,
		RunE:    o.run,
		// Names of objects are no files.
		ValidArgsFunction: cobra.NoFileCompletions,
		// The flags are in Use already.
		DisableFlagsInUseLine: true,
	}
	help.Sections(cmd, o.sections())
	cmd.Flags().SetNormalizeFunc(edit.Normalize)
	return cmd
}

// sections are the flags, under the headings that the help has for them.
func (o *options) sections() []help.Section {
	var sections []help.Section
	for _, g := range o.edit.Groups() {
		sections = append(sections, help.Section{Title: "Annotations: " + string(g.Name), Flags: g.Flags})
	}
	objects := pflag.NewFlagSet("objects", pflag.ContinueOnError)
	objects.StringArrayVarP(&o.files, "filename", "f", nil,
		"File or folder that names the workloads, or - for standard input. Can be repeated.")
	objects.BoolVarP(&o.recursive, "recursive", "R", false, "Read the folders in folders, too.")
	objects.StringVarP(&o.selector, "selector", "l", "", "Label selector, as in app=web,tier!=cache.")
	objects.BoolVar(&o.all, "all", false, "All objects of the types named, in the namespace.")
	objects.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "In all namespaces.")
	objects.BoolVar(&o.local, "local", false, "Edit the files of -f and print them; ask no cluster.")
	objects.BoolVarP(&o.inPlace, "in-place", "i", false, "With --local: write the files back.")

	writing := pflag.NewFlagSet("writing", pflag.ContinueOnError)
	o.edit.AddRemoval(writing)
	writing.BoolVarP(&o.yes, "yes", "y", false, "Do not ask.")
	writing.StringVar(&o.dryRun, "dry-run", dryNone, "client: show what would change. server: have the API server check it, too. none: write.")
	writing.Lookup("dry-run").NoOptDefVal = dryClient
	writing.StringVar(&o.fieldManager, "field-manager", "kubectl-plimsoll", "Name under which the API server remembers who wrote.")
	writing.StringVar(&o.color, "color", terminal.Auto, "Colours: auto, always or never.")

	for name, form := range map[string]string{"filename": "FILE", "selector": "SELECTOR"} {
		help.SetForm(objects, name, form)
	}
	for name, form := range map[string]string{"dry-run": "client|server|none", "field-manager": "NAME", "color": "WHEN"} {
		help.SetForm(writing, name, form)
	}
	return append(sections,
		help.Section{Title: "Which objects", Flags: objects},
		help.Section{Title: "Writing", Flags: writing},
		help.Section{Title: "Connection (with all flags of kubectl options)", Flags: o.connection()})
}

// connection are kubectl's flags. All of them work; the help has those that people use here.
func (o *options) connection() *pflag.FlagSet {
	flags := pflag.NewFlagSet("connection", pflag.ContinueOnError)
	o.config.AddFlags(flags)
	forms := map[string]string{"namespace": "NAME", "context": "NAME", "kubeconfig": "FILE", "as": "USER"}
	flags.VisitAll(func(f *pflag.Flag) { f.Hidden = forms[f.Name] == "" })
	for name, form := range forms {
		help.SetForm(flags, name, form)
	}
	return flags
}

func (o *options) run(cmd *cobra.Command, args []string) error {
	objects, pairs := edit.Split(args)
	if err := o.validate(objects); err != nil {
		return err
	}
	e, err := o.edit.Edit(pairs, cmd.InOrStdin())
	if err != nil {
		return err
	}
	if e.Empty() {
		return errors.New("say what to write, such as --cpu 70% --max 10, or to take away, such as --remove cpu; " +
			"kubectl plimsoll keys lists the annotations")
	}
	if err := e.Check(); err != nil {
		return err
	}
	for _, hint := range e.Hints() {
		fmt.Fprintln(cmd.ErrOrStderr(), "Warning:", hint)
	}
	if o.local {
		return o.runLocal(cmd, e)
	}
	return o.runCluster(cmd, e, objects)
}

func (o *options) validate(objects []string) error {
	if err := o.validateWhere(objects); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]string{dryNone, dryClient, dryServer}, o.dryRun):
		return fmt.Errorf("--dry-run %q: legal are none, client, server", o.dryRun)
	case o.local && o.dryRun == dryServer:
		return errors.New("--local asks no server: legal is --dry-run=client")
	}
	return terminal.CheckColor(o.color)
}

// validateWhere checks what is said of where to write.
func (o *options) validateWhere(objects []string) error {
	switch {
	case o.local && (len(objects) > 0 || o.selector != "" || o.all):
		return errors.New("--local edits files: say which by -f, and nothing else")
	case o.local && len(o.files) == 0:
		return errors.New("--local edits files: say which by -f FILE")
	case o.inPlace && !o.local:
		return errors.New("--in-place goes with --local")
	case len(o.files) == 0 && len(objects) == 0:
		return errors.New("say which objects: deploy/NAME, or a type with -l SELECTOR or --all, or -f FILE")
	case len(o.files) > 0 && len(objects) > 0:
		return errors.New("say which objects by name or by -f, not both")
	}
	return nil
}
