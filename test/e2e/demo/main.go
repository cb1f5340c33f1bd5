// Command demo shows Plimsoll at work: it starts a Kubernetes control plane (bin/lab), installs Plimsoll, applies annotated
// workloads, lets work arrive in a Redis, and shows how the replicas follow it from zero and back to zero.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.BoolVar(&o.Keep, "keep", false, "leave the cluster, Plimsoll and Redis running until Ctrl-C, to look around")
	flag.IntVar(&o.Items, "items", 100, "how many items of work arrive")
	flag.StringVar(&o.Dir, "dir", "", "folder for the cluster's files (default: a temporary one, removed at the end)")
	flag.StringVar(&o.Record, "record", "", "write what was shown to this SVG file")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	Keep   bool
	Items  int
	Dir    string
	Record string
}

func (o options) validate() error {
	if o.Items < 1 || o.Items > 1000 {
		return fmt.Errorf("--items is %d; legal is 1 to 1000", o.Items)
	}
	if flag.NArg() > 0 {
		return fmt.Errorf("unknown argument %q; see --help", flag.Arg(0))
	}
	return nil
}

func run(ctx context.Context, o options) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	s := newScreen(os.Stdout)
	began := time.Now()
	st, err := build(ctx, o, s)
	defer func() { err = errors.Join(err, st.Close()) }()
	if err != nil {
		return err
	}
	for _, act := range []func(context.Context, *stage, *screen) error{admission, work} {
		if err := act(ctx, st, s); err != nil {
			return err
		}
	}
	s.Say("")
	s.Say("All of it took %.0f s. Where to look next: README.md, docs/reference/annotations.md, manifests/examples.",
		time.Since(began).Seconds())
	if o.Record != "" {
		if err := record(o.Record, s.Lines()); err != nil {
			return err
		}
	}
	if o.Keep {
		return keep(ctx, st, s)
	}
	return nil
}

// keep waits for Ctrl-C and says what there is to look at.
func keep(ctx context.Context, st *stage, s *screen) error {
	s.Say("")
	s.Say("Still running (Ctrl-C ends it):")
	s.Say("  export KUBECONFIG=%s", st.cluster.Kubeconfig)
	s.Say("  bin/lab kubectl --dir %s -- get scalers -A", st.cluster.Dir)
	s.Say("  redis-cli -u redis://:%s@%s rpush %s another item", password, st.queue.Address, listName)
	<-ctx.Done()
	return nil
}
