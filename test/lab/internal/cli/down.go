package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
)

func newDown() *cobra.Command {
	var path string
	command := &cobra.Command{
		Use:   "down",
		Short: "End a cluster",
		Long: `Ends the cluster in the folder and returns when all of its processes have ended. Its data is gone then; its logs stay until
the next one starts. Where none runs, it says so, and that is no error.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			dir, err := home.Open(path)
			if err != nil {
				return err
			}
			ended, err := cluster.End(dir)
			if err != nil {
				return err
			}
			if ended {
				fmt.Fprintf(os.Stderr, "the lab in %s is down\n", dir)
			} else {
				fmt.Fprintf(os.Stderr, "no lab runs in %s\n", dir)
			}
			return nil
		},
	}
	addDir(command, &path)
	return command
}
