package scrape

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// reader asks the pods of one workload.
type reader struct {
	page   page
	url    *url.URL
	source Source
	// turn counts readings, so that others are asked each time. Nobody reads twice at once.
	turn int
}

// Read asks the pods once for all queries. Without a pod that could be asked there is no answer, and no outage either: pods
// that start do not deserve a back-off.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	names := map[string]bool{}
	for _, q := range queries {
		q, ok := q.(query)
		if !ok {
			return nil, fmt.Errorf("not a query for pods: %T", q)
		}
		names[q.metric] = true
	}
	pods, err := r.await(ctx)
	if err != nil {
		return nil, err
	}
	pods = askable(pods)
	if len(pods) == 0 {
		return failed(queries, errors.New("no pod is running that could be asked")), nil
	}
	asked := choose(pods, r.turn)
	r.turn++
	results := r.ask(ctx, asked, names)
	if err := outage(results); err != nil {
		return nil, fmt.Errorf("no pod answers at %s: %w", r.page, err)
	}
	return r.readings(queries, results, pods), nil
}

// retry is how often it is looked whether pods are known yet.
const retry = 50 * time.Millisecond

// await lists the pods. Only here it is known that informers which just start are worth waiting for.
func (r *reader) await(ctx context.Context) ([]*corev1.Pod, error) {
	for {
		pods, err := r.source.pods.Of(ctx, r.page.namespace, r.page.target)
		if _, early := failure.WaitFor(err); !early {
			return pods, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(retry):
		}
	}
}

// result is what a pod answered.
type result struct {
	pod    string
	at     time.Time
	series []series
	err    error
}

// atOnce is how many pods of one workload are asked side by side.
const atOnce = 16

func (r *reader) ask(ctx context.Context, pods []*corev1.Pod, names map[string]bool) []result {
	results := make([]result, len(pods))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, p := range pods {
		group.Go(func() error {
			results[i] = r.askOne(ctx, p, names)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the results
	return results
}

func (r *reader) askOne(ctx context.Context, p *corev1.Pod, names map[string]bool) result {
	out := result{pod: p.Name}
	host, err := hostOf(p)
	if err != nil {
		out.err = err
		return out
	}
	u := *r.url
	u.Scheme, u.Host = "http", hostPort(host, r.page.port)
	text, err := r.source.fetcher.get(ctx, u.String())
	out.at = time.Now()
	if err != nil {
		out.err = err
		return out
	}
	out.series, out.err = parse(text, names)
	return out
}

// outage tells whether no pod answered, by the same one of several errors at every attempt.
func outage(results []result) error {
	var worst error
	for i := range results {
		err := results[i].err
		if err == nil {
			return nil
		}
		if worst == nil || err.Error() < worst.Error() {
			worst = err
		}
	}
	return worst
}

func failed(queries []sources.Query, err error) []sources.Reading {
	readings := make([]sources.Reading, len(queries))
	for i := range readings {
		readings[i].Err = err
	}
	return readings
}

// Close has nothing to let go of: connections are shared, and end when they are idle.
func (*reader) Close() error { return nil }
