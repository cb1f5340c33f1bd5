package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

func newKubectl() *cobra.Command {
	var path string
	command := &cobra.Command{
		Use:   "kubectl [--dir D] [--] ARGS",
		Short: "Run kubectl against a cluster",
		Example: `  lab kubectl get nodes
  lab kubectl --dir .lab -- apply -f app.yaml`,
		RunE: func(_ *cobra.Command, args []string) error {
			dir, _, err := running(path)
			if err != nil {
				return err
			}
			executable, err := supervise.OwnExecutable()
			if err != nil {
				return fmt.Errorf("finding this program's file: %w", err)
			}
			// kubectl takes this process's place: its exit code, its terminal and its signals are its own.
			env := append(os.Environ(), "KUBECONFIG="+dir.Kubeconfig())
			return fmt.Errorf("running kubectl: %w", syscall.Exec(executable, append([]string{"kubectl"}, args...), env))
		},
	}
	addDir(command, &path)
	command.Flags().SetInterspersed(false) // flags after the first argument are kubectl's
	return command
}

func newEnv() *cobra.Command {
	var path string
	command := &cobra.Command{
		Use:   "env",
		Short: "Print the shell's settings for a cluster",
		Long: `Prints lines for a POSIX shell: KUBECONFIG, a PATH in which kubectl is found, and KUBEBUILDER_ASSETS, which makes envtest
start its own control planes from this program.`,
		Example: `  eval "$(lab env)"`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, _, err := running(path)
			if err != nil {
				return err
			}
			fmt.Printf("export KUBECONFIG=%s\n", shellQuote(dir.Kubeconfig()))
			fmt.Printf("export KUBEBUILDER_ASSETS=%s\n", shellQuote(dir.Bin()))
			fmt.Printf("export PATH=%s:\"$PATH\"\n", shellQuote(dir.Bin()))
			return nil
		},
	}
	addDir(command, &path)
	return command
}

func newAssets() *cobra.Command {
	return &cobra.Command{
		Use:   "assets FOLDER",
		Short: "Make a KUBEBUILDER_ASSETS folder, without starting anything",
		Long: `Makes a folder of links to this program: etcd, kube-apiserver, kubectl and the others. envtest finds its programs in it, and
a PATH that has it has a kubectl.`,
		Example: `  export KUBEBUILDER_ASSETS="$(lab assets bin/assets)"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			folder, err := filepath.Abs(args[0])
			if err != nil {
				return fmt.Errorf("folder %s: %w", args[0], err)
			}
			if err := cluster.LinkPrograms(folder); err != nil {
				return err
			}
			fmt.Println(folder)
			return nil
		},
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of what the lab is made of",
		Args:  cobra.NoArgs,
		Run: func(*cobra.Command, []string) {
			modules := cluster.Modules()
			for _, path := range slices.Sorted(maps.Keys(modules)) {
				fmt.Printf("%-28s %s\n", path, modules[path])
			}
		},
	}
}

// shellQuote makes one word of a POSIX shell of any text.
func shellQuote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
