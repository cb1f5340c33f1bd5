// Package root is the program: its verbs, and how it ends.
package root

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/annotate"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/exitcode"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/keys"
	"github.com/plimsoll-dev/plimsoll/cmd/kubectl-plimsoll/render"
)

const long = `Plimsoll makes ordinary Kubernetes workloads serverless by annotation: it completes them at admission and scales them from
0 to N and back. This program shows beforehand what it would do, explains the annotations, and writes them.`

const example = `  kubectl plimsoll keys                                        # what can be asked for
  kubectl plimsoll render -f web.yaml --explain                # what would be made of a manifest
  kubectl plimsoll annotate deploy/web --cpu 70% --max 10      # ask for it, on what runs already`

// Streams are what the program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// New makes the command.
func New() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "kubectl-plimsoll",
		Short:         "Look into Plimsoll and annotate workloads for it",
		Long:          long,
		Example:       example,
		SilenceErrors: true,
		SilenceUsage:  true,
		// kubectl finds the program by its file's name; people call it as a verb of kubectl.
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl plimsoll"},
	}
	const offline, online, about = "offline", "online", "about"
	cmd.AddGroup(
		&cobra.Group{ID: offline, Title: "Without a cluster:"},
		&cobra.Group{ID: online, Title: "In a cluster:"},
		&cobra.Group{ID: about, Title: "About this program:"},
	)
	for group, verbs := range map[string][]*cobra.Command{
		offline: {render.New(), keys.New()},
		online:  {annotate.New()},
		about:   {newVersion()},
	} {
		for _, verb := range verbs {
			verb.GroupID = group
			cmd.AddCommand(verb)
		}
	}
	cmd.SetHelpCommandGroupID(about)
	cmd.SetCompletionCommandGroupID(about)
	return cmd
}

// Run runs the program and gives its exit code.
func Run(ctx context.Context, streams Streams, args []string) int {
	cmd := New()
	cmd.SetArgs(args)
	cmd.SetIn(streams.In)
	cmd.SetOut(streams.Out)
	cmd.SetErr(streams.Err)
	err := cmd.ExecuteContext(ctx)
	for _, text := range exitcode.Texts(err) {
		fmt.Fprintln(streams.Err, "Error:", text)
	}
	return exitcode.Of(err)
}
