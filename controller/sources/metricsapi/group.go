// Package metricsapi asks the aggregated metrics APIs, custom.metrics.k8s.io and external.metrics.k8s.io. The clients in
// k8s.io/metrics cannot be told to stop waiting; here every request ends with its context.
package metricsapi

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
)

// Custom and External are the names of the groups.
const (
	Custom   = "custom.metrics.k8s.io"
	External = "external.metrics.k8s.io"
)

// Group is an API group that is served in one of several versions, and not everywhere.
type Group struct {
	name     string
	versions []schema.GroupVersion
	clients  map[schema.GroupVersion]rest.Interface
	clock    clock.PassiveClock

	mu      sync.Mutex
	version schema.GroupVersion
	at      time.Time
}

// versionAge is how long the version is taken to be the one that is served. It is looked up at once where something is not
// found.
const versionAge = time.Minute

// New makes a Group of the versions of one API group that the serializer knows, the best first.
func New(config *rest.Config, serializer runtime.NegotiatedSerializer, versions ...schema.GroupVersion) (*Group, error) {
	g := &Group{name: versions[0].Group, versions: versions, clients: map[schema.GroupVersion]rest.Interface{}, clock: clock.RealClock{}}
	config = rest.CopyConfig(config)
	config.APIPath, config.NegotiatedSerializer = "/apis", serializer
	if config.UserAgent == "" {
		config.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	for _, v := range versions {
		config.GroupVersion = &v
		client, err := rest.RESTClientFor(config)
		if err != nil {
			return nil, fmt.Errorf("making the client of %s: %w", v, err)
		}
		g.clients[v] = client
	}
	return g, nil
}

// ready tells whether the API is served at all. Asked before a batch, it keeps the batch's questions from finding that out each.
func (g *Group) ready(ctx context.Context) error {
	_, err := g.served(ctx)
	return err
}

// Get begins a request in the version that is served. The error, if any, is about the API as a whole.
func (g *Group) Get(ctx context.Context) (*rest.Request, schema.GroupVersion, error) {
	v, err := g.served(ctx)
	if err != nil {
		return nil, v, err
	}
	return g.clients[v].Get().MaxRetries(0), v, nil
}

// served gives the version to use: the one that the server prefers, where it is known here.
func (g *Group) served(ctx context.Context) (schema.GroupVersion, error) {
	g.mu.Lock()
	known, fresh := g.version, g.clock.Since(g.at) < versionAge
	g.mu.Unlock()
	if fresh && !known.Empty() {
		return known, nil
	}
	group := &metav1.APIGroup{}
	raw, err := g.clients[g.versions[0]].Get().MaxRetries(0).AbsPath("/apis/" + g.name).Do(ctx).Raw()
	if err == nil {
		err = runtime.DecodeInto(decoder(), raw, group)
	}
	if err != nil {
		return schema.GroupVersion{}, g.outage(err)
	}
	v, ok := g.choose(group)
	if !ok {
		return v, outage{fmt.Errorf("%s is served in versions that are not known here; known are %v", g.name, g.versions)}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.version, g.at = v, g.clock.Now()
	return v, nil
}

func (g *Group) choose(group *metav1.APIGroup) (schema.GroupVersion, bool) {
	offers := append([]metav1.GroupVersionForDiscovery{group.PreferredVersion}, group.Versions...)
	for _, offer := range offers {
		v := schema.GroupVersion{Group: g.name, Version: offer.Version}
		if slices.Contains(g.versions, v) {
			return v, true
		}
	}
	return schema.GroupVersion{}, false
}

// forget has the version looked up again.
func (g *Group) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.version = schema.GroupVersion{}
}
