// Package cli is the lab's command line.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// Run runs a command line and answers the exit code.
func Run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	if err := root.ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errSaid) {
			fmt.Fprintln(os.Stderr, "lab:", explain(err))
		}
		return 1
	}
	return 0
}

// errSaid makes a command fail that has already said why.
var errSaid = errors.New("see above")

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "lab",
		Short: "A Kubernetes cluster in one program",
		Long: `A Kubernetes cluster in one program: etcd, the API server, the controller manager, the scheduler and
metrics-server are the real ones, on free loopback ports; nodes and pods are simulated by KWOK. Pods of Deployments
become Ready, Jobs complete, pods use what their annotations say, but no container runs.

Each lab lives in a folder of its own, so that many can run side by side.`,
		Example: `  lab up --detach                 # start a cluster
  eval "$(lab env)"               # point kubectl and others at it
  kubectl get nodes
  lab down                        # end it`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		// With something to run, an unknown command is an error; without, cobra prints the help as if all were well.
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newUp(), newDown(), newStatus(), newKubectl(), newEnv(), newAssets(), newVersion(), newSupervise())
	return root
}

// addDir adds the flag that names the lab.
func addDir(command *cobra.Command, dir *string) {
	command.Flags().StringVarP(dir, "dir", "d", home.Default(), "the lab's folder; the default can be set in LAB_DIR")
}

// explain is the text of an error; where a component's end is the cause, with the last it said.
func explain(err error) string {
	exit, ok := errors.AsType[*supervise.ExitError](err)
	if !ok {
		return err.Error()
	}
	const lines = 12
	tail, tailErr := supervise.Tail(exit.Log, lines)
	if tailErr != nil || len(tail) == 0 {
		return err.Error()
	}
	return fmt.Sprintf("%v; it ends with:\n%s", err, tail)
}

// running is the state of the lab in this folder, or an error that says how to get one.
func running(path string) (home.Dir, home.State, error) {
	dir, err := home.Open(path)
	if err != nil {
		return "", home.State{}, err
	}
	taken, err := dir.Taken()
	if err != nil {
		return "", home.State{}, err
	}
	if !taken {
		return "", home.State{}, fmt.Errorf("no lab runs in %s; start one: lab up --detach --dir %s", dir, dir)
	}
	state, err := dir.ReadState()
	return dir, state, err
}
