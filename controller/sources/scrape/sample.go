package scrape

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// most is how many pods of a workload are asked at once. The mean of fifty is close enough to that of a thousand, and a
// thousand requests for one number are not worth it.
const most = 50

// askable are the pods that could answer.
func askable(pods []*corev1.Pod) []*corev1.Pod {
	var out []*corev1.Pod
	for _, p := range pods {
		if p.Status.Phase == corev1.PodRunning && p.DeletionTimestamp == nil && p.Status.PodIP != "" {
			out = append(out, p)
		}
	}
	return out
}

// choose gives the pods whose turn it is: all of them, or the next ones in the order of their names, round and round.
func choose(pods []*corev1.Pod, turn int) []*corev1.Pod {
	if len(pods) <= most {
		return pods
	}
	out := make([]*corev1.Pod, most)
	for i := range out {
		out[i] = pods[(turn*most+i)%len(pods)]
	}
	return out
}

// readings answers every query from the results. Queries for the same thing share their samples.
func (r *reader) readings(queries []sources.Query, results []result, pods []*corev1.Pod) []sources.Reading {
	answers := map[measure]sources.Reading{}
	readings := make([]sources.Reading, len(queries))
	for i, q := range queries {
		q, ok := q.(query)
		if !ok {
			continue // Read has refused it
		}
		if _, ok := answers[q.measure]; !ok {
			answers[q.measure] = r.reading(q, results, pods)
		}
		readings[i] = answers[q.measure]
	}
	return readings
}

// reading sums the series of each pod. A pod that did not answer, lacks the metric, or gives what is no answer is left out:
// the engine counts it as missing.
func (r *reader) reading(q query, results []result, pods []*corev1.Pod) sources.Reading {
	var samples []scaling.PodSample
	bad := error(nil)
	for i := range results {
		value, found := total(results[i].series, q.metric, q.matches)
		if !found {
			continue
		}
		milli, err := sources.MilliOf(value)
		if err != nil {
			bad = err
			continue
		}
		samples = append(samples, scaling.PodSample{Name: results[i].pod, Value: milli, Time: results[i].at})
	}
	if len(samples) == 0 {
		if bad == nil {
			bad = errors.New("no pod has it")
		}
		return sources.Reading{Err: fmt.Errorf("metric %s at %s: %w", q.measure, r.page, bad)}
	}
	samples = estimate(samples, results, pods)
	slices.SortFunc(samples, func(a, b scaling.PodSample) int { return strings.Compare(a.Name, b.Name) })
	return sources.Reading{Pods: samples}
}

// String names the measure, as in "queue_depth with queue=a".
func (m measure) String() string {
	if m.selector == "" {
		return m.metric
	}
	return m.metric + " with " + m.selector
}

// estimate gives pods that were not asked the mean of those that were. Left out they would count as missing, as if they had
// been asked in vain, and hold back every change. What went wrong counts in proportion: where a tenth of those asked did not
// answer, a tenth of the others is left out too.
func estimate(samples []scaling.PodSample, results []result, pods []*corev1.Pod) []scaling.PodSample {
	unasked := len(pods) - len(results)
	if unasked == 0 {
		return samples
	}
	asked := make(map[string]bool, len(results))
	for i := range results {
		asked[results[i].pod] = true
	}
	wanted, model := unasked*len(samples)/len(results), mean(samples)
	for _, p := range pods {
		if wanted == 0 {
			break
		}
		if !asked[p.Name] {
			model.Name = p.Name
			samples, wanted = append(samples, model), wanted-1
		}
	}
	return samples
}

// mean is an estimate as old as the oldest sample that it is made of.
func mean(samples []scaling.PodSample) scaling.PodSample {
	out := scaling.PodSample{Estimated: true, Time: samples[0].Time}
	for i := range samples {
		out.Value = sources.Sum(out.Value, samples[i].Value)
		if samples[i].Time.Before(out.Time) {
			out.Time = samples[i].Time
		}
	}
	out.Value /= int64(len(samples))
	return out
}
