package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// upOptions are up's flags.
type upOptions struct {
	config      cluster.Config
	capacity    map[string]string
	args        []string
	kwokConfigs []string
	ownerPID    int
	detach      bool
	output      string
}

func newUp() *cobra.Command {
	o := &upOptions{config: cluster.DefaultConfig()}
	command := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster",
		Long: `Starts a cluster, waits until it is ready, and prints the path of its kubeconfig. It says on standard error what it does.

Without --detach the lab runs until Ctrl-C. With --detach it runs on in the background until "lab down". In both cases all
of its processes end with it, however it ends. Where a lab already runs in the folder, that one is reported.

A component that ends once the lab is ready is started again, at most 5 times in 5 minutes; after that, the lab comes down.
"lab status" tells of it, logs/supervisor.log too. A lab keeps nothing: the next one in the folder begins empty.`,
		Example: `  lab up
  lab up --detach --dir .lab --nodes 10
  lab up --detach --dir "$(mktemp -d)" --owner-pid $$ -o json     # in a script: ends with it
  lab up --component-arg kube-apiserver=--v=4`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return o.run(command) },
	}
	o.addFlags(command)
	return command
}

func (o *upOptions) addFlags(command *cobra.Command) {
	addDir(command, &o.config.Dir)
	f := command.Flags()
	f.IntVar(&o.config.Nodes, "nodes", o.config.Nodes, "how many nodes there are")
	f.StringToStringVar(&o.capacity, "node-capacity", nil,
		"what each node has, by resource, over the default of "+formatCapacity(o.config.Capacity))
	f.StringVar(&o.config.PodCIDR, "cidr", o.config.PodCIDR, "the range of pods' addresses")
	f.StringArrayVar(&o.args, "component-arg", nil,
		"COMPONENT=ARGUMENT: a further argument for one of "+strings.Join(cluster.ComponentNames(), ", ")+" (repeatable)")
	f.StringArrayVar(&o.kwokConfigs, "kwok-config", nil,
		"a file of KWOK's configuration (stages, usages, ...) that takes precedence over the lab's (repeatable)")
	f.DurationVar(&o.config.Timeout, "timeout", o.config.Timeout, "how long the start may take")
	f.BoolVar(&o.detach, "detach", false, "run on in the background")
	f.IntVar(&o.ownerPID, "owner-pid", 0, "end the lab when the process with this id has ended")
	f.BoolVar(&o.config.ExitOnStdinClose, "exit-on-stdin-close", false, "end the lab when its standard input is closed")
	f.StringVarP(&o.output, "output", "o", "path", "what to print when it is ready: path (of the kubeconfig) or json")
}

func (o *upOptions) run(command *cobra.Command) error {
	if err := o.complete(); err != nil {
		return err
	}
	out := &printer{options: o, begin: time.Now()}
	start := cluster.Run
	if o.detach {
		start = detached
	}
	err := start(command.Context(), o.config, out)
	if errors.Is(err, home.ErrTaken) {
		return o.reportRunning(command.Context(), out)
	}
	return err
}

// complete makes the configuration of the flags.
func (o *upOptions) complete() error {
	dir, err := home.Open(o.config.Dir)
	if err != nil {
		return err
	}
	o.config.Dir = string(dir)
	if o.output != "path" && o.output != "json" {
		return fmt.Errorf("--output is %q, want path or json", o.output)
	}
	maps.Copy(o.config.Capacity, o.capacity)
	if o.config.Args, err = parseComponentArgs(o.args); err != nil {
		return err
	}
	if o.config.KwokConfigs, err = absolute(o.kwokConfigs); err != nil {
		return err
	}
	if o.ownerPID != 0 {
		owner, err := proc.Of(o.ownerPID)
		if err != nil {
			return fmt.Errorf("--owner-pid: %w", err)
		}
		o.config.Owner = &owner
	}
	return o.config.Validate()
}

// reportRunning reports the lab that runs already, once it is ready: somebody else may just have started it.
func (o *upOptions) reportRunning(ctx context.Context, out *printer) error {
	ctx, cancel := context.WithTimeout(ctx, o.config.Timeout)
	defer cancel()
	for {
		_, state, err := running(o.config.Dir)
		switch {
		case errors.Is(err, home.ErrNoState): // it has just begun
		case err != nil: // it has ended meanwhile
			return err
		case state.Phase == home.Ready:
			out.alreadyRunning = true
			out.Ready(state)
			return nil
		}
		const pause = 100 * time.Millisecond
		select {
		case <-ctx.Done():
			return fmt.Errorf("another lab in %[1]s is starting and not ready after %[2]v; end it: lab down --dir %[1]s",
				o.config.Dir, o.config.Timeout)
		case <-time.After(pause):
		}
	}
}

func parseComponentArgs(args []string) (map[string][]string, error) {
	parsed := map[string][]string{}
	for _, arg := range args {
		component, value, found := strings.Cut(arg, "=")
		if !found || !strings.HasPrefix(value, "-") {
			return nil, fmt.Errorf("--component-arg is %q, want COMPONENT=ARGUMENT, such as kube-apiserver=--v=4", arg)
		}
		parsed[component] = append(parsed[component], value)
	}
	return parsed, nil
}

// absolute makes paths good for processes that run in another folder, and checks that the files are there.
func absolute(paths []string) ([]string, error) {
	var abs []string
	for _, path := range paths {
		full, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("file %s: %w", path, err)
		}
		if _, err := os.Stat(full); err != nil {
			return nil, err // names the file
		}
		abs = append(abs, full)
	}
	return abs, nil
}

func formatCapacity(capacity map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(capacity)) {
		parts = append(parts, name+"="+capacity[name])
	}
	return strings.Join(parts, ",")
}
