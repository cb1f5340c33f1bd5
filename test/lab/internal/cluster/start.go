package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// pollInterval is how often a start looks whether what it waits for has come.
const pollInterval = 50 * time.Millisecond

// starter brings up the components of a plan in a group.
type starter struct {
	plan     plan
	group    *supervise.Group
	prober   *Prober
	progress func(Step)
}

// Step is something that the start has done.
type Step struct {
	What string        `json:"what"`
	Took time.Duration `json:"took"`
}

// start returns when the cluster runs pods. etcd and the API server start together, since the latter takes longer and waits for
// the former; so do the others, which all wait for the API server.
func (s *starter) start(ctx context.Context) error {
	units := s.plan.units()
	if err := s.bring(ctx, units[0], units[1]); err != nil {
		return err
	}
	client, err := s.client()
	if err != nil {
		return err
	}
	if err := s.furnish(ctx, client); err != nil {
		return err
	}
	if err := s.bring(ctx, units[2:]...); err != nil {
		return err
	}
	return s.settle(ctx, client)
}

// bring starts units side by side and waits until all are ready.
func (s *starter) bring(ctx context.Context, units ...unit) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, u := range units {
		begin := time.Now()
		if err := s.group.Start(s.plan.spec(u)); err != nil {
			return err
		}
		all.Go(func() error {
			return s.await(ctx, begin, u.name, func(ctx context.Context) error {
				return s.prober.Ready(ctx, u.name, url(u.port, u.health))
			})
		})
	}
	return all.Wait()
}

// furnish gives a new cluster its objects.
func (s *starter) furnish(ctx context.Context, client dynamic.Interface) error {
	begin := time.Now()
	objects, err := s.plan.objects()
	if err != nil {
		return err
	}
	accounts, err := controllerAccounts(ctx, client)
	if err != nil {
		return err
	}
	objects = append(objects, accounts...)
	const atOnce = 8 // with thousands of nodes, one after the other is slow
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for _, object := range objects {
		all.Go(func() error { return create(ctx, client, object) })
	}
	if err := all.Wait(); err != nil {
		return err
	}
	s.progress(Step{What: fmt.Sprintf("%d objects", len(objects)), Took: time.Since(begin)})
	return nil
}

// settle waits for what the components have to do before pods can run and their use can be asked for.
func (s *starter) settle(ctx context.Context, client dynamic.Interface) error {
	begin := time.Now()
	all, ctx := errgroup.WithContext(ctx)
	wait := func(what string, condition func(context.Context) error) {
		all.Go(func() error { return s.await(ctx, begin, what, condition) })
	}
	wait(fmt.Sprintf("%d nodes", s.plan.config.Nodes), func(ctx context.Context) error {
		return nodesReady(ctx, client, s.plan.config.Nodes)
	})
	wait("default service account", func(ctx context.Context) error { return defaultAccount(ctx, client) })
	wait("metrics API", func(ctx context.Context) error { return metricsAvailable(ctx, client) })
	return all.Wait()
}

// await polls until the condition is met, and reports how long that took since begin.
func (s *starter) await(ctx context.Context, begin time.Time, what string, condition func(context.Context) error) error {
	for {
		err := condition(ctx)
		if err == nil {
			s.progress(Step{What: what, Took: time.Since(begin)})
			return nil
		}
		select {
		case <-ctx.Done():
			return s.late(ctx, what, err)
		case <-time.After(pollInterval):
		}
	}
}

// late says what was still missing when the time was up. A start that was ended from outside says just that.
func (s *starter) late(ctx context.Context, what string, missing error) error {
	if errors.Is(context.Cause(ctx), errStartTimeout) {
		return fmt.Errorf("%s is not ready after %v: %w", what, s.plan.config.Timeout, missing)
	}
	return context.Cause(ctx)
}

func (s *starter) client() (dynamic.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", s.plan.dir.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("reading the lab's kubeconfig: %w", err)
	}
	config.QPS, config.Burst = -1, 0 // the one who furnishes a cluster is in a hurry
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the API server: %w", err)
	}
	return client, nil
}
