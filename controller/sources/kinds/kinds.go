// Package kinds is the table of sources: a new source is a folder beside this one and a row here.
package kinds

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/cron"
	"github.com/plimsoll-dev/plimsoll/controller/sources/custom"
	"github.com/plimsoll-dev/plimsoll/controller/sources/external"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler"
	"github.com/plimsoll-dev/plimsoll/controller/sources/jetstream"
	"github.com/plimsoll-dev/plimsoll/controller/sources/kafka"
	"github.com/plimsoll-dev/plimsoll/controller/sources/metricsapi"
	"github.com/plimsoll-dev/plimsoll/controller/sources/prometheus"
	"github.com/plimsoll-dev/plimsoll/controller/sources/redis"
	"github.com/plimsoll-dev/plimsoll/controller/sources/resource"
	"github.com/plimsoll-dev/plimsoll/controller/sources/scrape"
	"github.com/plimsoll-dev/plimsoll/controller/sources/workload"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Needs are what sources need of the process they run in.
type Needs struct {
	// PodMetrics, Custom and External are the clients of metrics.k8s.io, custom.metrics.k8s.io and external.metrics.k8s.io.
	PodMetrics resource.Lister
	Custom     *custom.API
	External   *metricsapi.Group
	// Pods are those that are asked themselves.
	Pods scrape.Pods
	// Namespaces give the pods of a namespace.
	Namespaces workload.Pods
	// Scalers is the address of plimsoll-scalers; empty where it is not deployed.
	Scalers string
}

// Table has a row for each kind of source.
type Table []sources.Row

// New makes the table.
func New(n Needs) Table {
	return Table{
		{Name: "apache-kafka", Source: kafka.Source{}, Interval: time.Second, Floor: time.Second},
		{Name: "cron", Source: cron.Source{}, Interval: time.Second, Floor: time.Second},
		// An adapter may ask somebody else for every answer, and cost by the question.
		{Name: "custom", Source: custom.Source{API: n.Custom}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "external", Source: external.Source{API: n.External}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "external-push", Source: externalscaler.Source{Push: true}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "external-scaler", Source: externalscaler.Source{}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "kafka", Source: kafka.Source{}, Interval: time.Second, Floor: time.Second},
		{Name: "kubernetes-workload", Source: workload.Source{Pods: n.Namespaces}, Interval: time.Second, Floor: time.Second},
		{Name: "nats-jetstream", Source: jetstream.Source{}, Interval: time.Second, Floor: time.Second},
		// Much of the long tail is other people's APIs, which cost by the question.
		{Name: "plimsoll-scalers", Source: externalscaler.Scalers{Address: n.Scalers}, Interval: 15 * time.Second, Floor: time.Second},
		// An expression may cost its server a lot, and its data are as old as the last scrape.
		{Name: "prometheus", Source: prometheus.Source{}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "redis", Source: redis.Source{}, Interval: time.Second, Floor: time.Second},
		{Name: "redis-cluster", Source: redis.Source{Topology: redis.Cluster}, Interval: time.Second, Floor: time.Second},
		{Name: "redis-cluster-streams", Source: redis.Source{Topology: redis.Cluster, Streams: true}, Interval: time.Second, Floor: time.Second},
		{Name: "redis-sentinel", Source: redis.Source{Topology: redis.Sentinel}, Interval: time.Second, Floor: time.Second},
		{Name: "redis-sentinel-streams", Source: redis.Source{Topology: redis.Sentinel, Streams: true}, Interval: time.Second,
			Floor: time.Second},
		{Name: "redis-streams", Source: redis.Source{Streams: true}, Interval: time.Second, Floor: time.Second},
		// metrics-server scrapes every 15 s, at moments that nobody knows: asking as often adds as much to the age of a number.
		{Name: "resource", Source: resource.Source{Lister: n.PodMetrics}, Interval: 5 * time.Second, Floor: time.Second},
		{Name: "scrape", Source: scrape.New(n.Pods, nil), Interval: 5 * time.Second, Floor: time.Second},
	}
}

// Names lists the rows.
func (t Table) Names() []string {
	names := make([]string, len(t))
	for i := range t {
		names[i] = t[i].Name
	}
	return names
}

// For finds the row of a signal. The error is a failure.Mistake.
func (t Table) For(s *scaling.Signal) (*sources.Row, error) {
	name := nameOf(s)
	for i := range t {
		if t[i].Name == name {
			return &t[i], nil
		}
	}
	return nil, failure.Mistake(fmt.Errorf("%s is not served by this version", name))
}

func nameOf(s *scaling.Signal) string {
	switch {
	case s.Kind == scaling.Resource, s.Kind == scaling.ContainerResource:
		return "resource"
	case s.Kind == scaling.Pods && s.Scrape != nil:
		return "scrape"
	case s.Kind == scaling.Pods, s.Kind == scaling.Object:
		return "custom"
	case s.Kind == scaling.External:
		return "external"
	case s.TriggerRef != nil:
		if kind, ok := trigger.Lookup(s.TriggerRef.Type); ok {
			if kind.LongTail {
				return "plimsoll-scalers"
			}
			if kind.Name == "external" { // the name of a metric's type
				return "external-scaler"
			}
			return kind.Name
		}
		return "trigger type " + s.TriggerRef.Type
	}
	return "signal " + s.Name
}
