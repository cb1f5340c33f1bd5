// Package controller wires the controllers: watch, then the pure core, then write. This file is its table of contents.
package controller

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/plimsoll-dev/plimsoll/controller/actuate"
	"github.com/plimsoll-dev/plimsoll/controller/fence"
	"github.com/plimsoll-dev/plimsoll/controller/metrics"
	"github.com/plimsoll-dev/plimsoll/controller/pods"
	"github.com/plimsoll-dev/plimsoll/controller/polling"
	"github.com/plimsoll-dev/plimsoll/controller/sources/kinds"
	"github.com/plimsoll-dev/plimsoll/controller/sources/redis"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/controller/trimmed"
)

// Options are what the controllers can be told. The zero value is good for production.
type Options struct {
	// Namespace that Plimsoll runs in; nothing in it is scaled.
	Namespace string
	// QPS and Burst bound the controllers' own requests, apart from those of the manager's client, so that a thousand new
	// Scalers never keep the leader from renewing its lease. Default 200 and 400.
	QPS   float32
	Burst int
	// Fence keeps a process that does not lead any more from writing. Default: none, where nobody else writes.
	Fence *fence.Fence
	// Registerer takes the metrics. Default: the manager's registry.
	Registerer prometheus.Registerer
	// ScalersAddress is where plimsoll-scalers listens; empty: it is not deployed.
	ScalersAddress string
	// Limits say how sources are read. Default polling.DefaultLimits.
	Limits polling.Limits
	// Credentials say where triggers' credentials may come from.
	Credentials Credentials
	// SkipNameValidation lets several managers live in one process, as in tests.
	SkipNameValidation bool
}

func (o *Options) complete() {
	if o.QPS == 0 {
		o.QPS, o.Burst = 200, 400
	}
	if o.Registerer == nil {
		o.Registerer = ctrlmetrics.Registry
	}
	if o.Limits == (polling.Limits{}) {
		o.Limits = polling.DefaultLimits()
	}
}

// CacheOptions are for manager.Options.Cache: informers that keep only what the controllers read. The controllers work
// without them too, and take more memory.
func CacheOptions() cache.Options { return trimmed.Cache() }

// SetupWithManager adds all controllers to a manager. They act on the leader only; informers are warm on all replicas. The
// manager's scheme needs client-go's types and v1alpha1's.
func SetupWithManager(m manager.Manager, o Options) error {
	o.complete()
	config := rest.CopyConfig(m.GetConfig())
	config.QPS, config.Burst, config.RateLimiter = o.QPS, o.Burst, nil
	if o.Fence != nil {
		config.Wrap(o.Fence.Wrap)
	}
	live, err := client.New(config, client.Options{Scheme: m.GetScheme(), Mapper: m.GetRESTMapper()})
	if err != nil {
		return fmt.Errorf("making the controllers' client: %w", err)
	}
	known := workloads{
		targets: &targets.Reader{Cached: m.GetCache(), Live: live, Clock: clock.RealClock{}}, pods: pods.New(m.GetCache()),
	}
	needs, err := needsOf(config, m.GetRESTMapper(), known)
	if err != nil {
		return err
	}
	needs.Scalers = o.ScalersAddress
	redis.LogTo(m.GetLogger())
	table := kinds.New(needs)
	observed, err := metrics.New(o.Registerer, table.Names())
	if err != nil {
		return err
	}
	p := parts{
		Options: o, manager: m, live: live, writer: &actuate.Writer{Client: live}, table: table, metrics: observed, clock: clock.RealClock{},
		workloads: known,
	}
	for _, add := range []func() error{
		p.addEnroll,    // annotations -> Scalers
		p.addAutoscale, // Scalers -> scale
		p.addJobTTL,    // ended Jobs -> how long they stay
		p.addCronSleep, // schedules of CronJobs -> suspend
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// parts are what the controllers share.
type parts struct {
	Options
	manager   manager.Manager
	live      client.Client
	writer    *actuate.Writer
	table     kinds.Table
	metrics   *metrics.Metrics
	clock     clock.Clock
	workloads workloads
}
