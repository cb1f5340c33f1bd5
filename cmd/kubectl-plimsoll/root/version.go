package root

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/version"
)

// newVersion makes the command that says which build this is.
func newVersion() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch output {
			case "":
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "kubectl plimsoll", version.String())
				return err
			case "json":
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]string{
					"version": version.Version, "commit": version.Commit, "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH,
				})
			}
			return fmt.Errorf("--output %q: legal is json", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "json: the same as data")
	return cmd
}
