// Command plimsoll is the manager: admission webhook and controllers in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	_ "time/tzdata" // schedules name time zones, and an image has no zone files

	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/version"
)

// reserve is address space that is never touched, so it takes no memory, but counts as heap when the collector decides when
// to run next. A manager has some megabytes of live heap, and admission makes garbage fast: without the reserve the heap is
// collected every hundred requests, and that takes as long as half of their reviews.
const reserve = 16 << 20

func main() {
	kept := make([]byte, reserve)
	err := command().ExecuteContext(ctrl.SetupSignalHandler())
	runtime.KeepAlive(kept)
	if err != nil {
		fmt.Fprintln(os.Stderr, "plimsoll:", err)
		os.Exit(1)
	}
}

var errSeeHelp = errors.New("see plimsoll --help")

func command() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "plimsoll",
		Short: "Makes ordinary Kubernetes workloads serverless by annotation",
		Long: "plimsoll is the manager: it completes annotated workloads at admission, and scales them while they run.\n" +
			"Run several replicas of it: each answers admission, one of them scales.",
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.Version {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "plimsoll", version.String())
				return err
			}
			return start(cmd.Context(), &f)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errors.Join(err, errSeeHelp) })
	f.addTo(cmd.Flags())
	return cmd
}

// start runs the manager until ctx is done.
func start(ctx context.Context, f *flags) error {
	c, err := f.complete()
	if err != nil {
		return errors.Join(err, errSeeHelp)
	}
	m, leading, err := newManager(c)
	if err != nil {
		return err
	}
	for _, add := range []struct {
		role string
		to   func() error
	}{
		{roleWebhook, func() error { return addWebhook(ctx, m, c) }},
		{roleController, func() error { return addControllers(m, c, leading) }},
	} {
		if !c.has(add.role) {
			continue
		}
		if err := add.to(); err != nil {
			return fmt.Errorf("setting up the %s: %w", add.role, err)
		}
	}
	return m.Start(ctx)
}
