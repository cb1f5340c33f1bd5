package admit_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/resolve"
	"github.com/plimsoll-dev/plimsoll/test/builders"
)

// TestNothingIsAddedThatKubernetesRejects makes pods, LimitRanges and settings by chance: a pod that Kubernetes takes as its
// author wrote it, it takes as Plimsoll completes it. What Kubernetes takes is said below, after its own sources
// (plugin/pkg/admission/limitranger, pkg/apis/core/v1 SetDefaults_Pod, and the validation of resources).
func TestNothingIsAddedThatKubernetesRejects(t *testing.T) {
	t.Parallel()
	var taken, completed int
	for seed := range uint64(5_000) {
		dice := rand.New(rand.NewPCG(seed, 1))
		ranges := randomRanges(dice)
		object := randomWorkload(dice)
		in := create(object, resolve.NewNamespace("serverless", nil, nil, ranges))
		if rejects(t, object, ranges) != "" {
			continue
		}
		taken++
		outcome := admit.Review(in)
		result := apply(t, object, outcome.Ops)
		if len(outcome.Changes) > 0 {
			completed++
		}
		if why := rejects(t, result, ranges); why != "" {
			t.Fatalf("seed %d: %s\nbefore %s\nafter  %s\nranges %s", seed, why, object, result, asJSON(t, ranges))
		}
		isIdempotent(t, in, &outcome, result)
	}
	if taken < 1000 || completed < 500 {
		t.Errorf("of the pods made by chance only %d were legal and %d completed", taken, completed)
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var someAmounts = map[string][]string{
	"cpu":    {"0", "50m", "100m", "250m", "333m", "500m", "1", "2"},
	"memory": {"0", "64Mi", "100M", "128Mi", "1000000", "512Mi", "1Gi", "3Gi"},
}

func pick[T any](dice *rand.Rand, from []T) T { return from[dice.IntN(len(from))] }

func maybe(dice *rand.Rand) bool { return dice.IntN(2) == 0 }

func randomList(dice *rand.Rand, chance int) corev1.ResourceList {
	list := corev1.ResourceList{}
	for _, name := range []string{"cpu", "memory"} {
		if dice.IntN(chance) == 0 {
			list[corev1.ResourceName(name)] = resource.MustParse(pick(dice, someAmounts[name]))
		}
	}
	return list
}

func randomRanges(dice *rand.Rand) []corev1.LimitRange {
	ranges := make([]corev1.LimitRange, dice.IntN(3))
	for i := range ranges {
		item := corev1.LimitRangeItem{Type: corev1.LimitTypeContainer}
		if dice.IntN(3) == 0 {
			item.Type = corev1.LimitTypePod
		}
		item.Min, item.Max = randomList(dice, 4), randomList(dice, 4)
		if item.Type == corev1.LimitTypeContainer {
			item.Default, item.DefaultRequest = randomList(dice, 4), randomList(dice, 4)
		}
		if dice.IntN(3) == 0 {
			item.MaxLimitRequestRatio = corev1.ResourceList{
				corev1.ResourceName(pick(dice, []string{"cpu", "memory"})): resource.MustParse(pick(dice, []string{"1", "1500m", "2", "3", "10"})),
			}
		}
		ranges[i].Spec.Limits = []corev1.LimitRangeItem{item}
	}
	return ranges
}

func randomWorkload(dice *rand.Rand) []byte {
	w := builders.Deployment("web")
	for _, key := range []string{"requests", "limits"} {
		text := ""
		for _, name := range slices.Sorted(maps.Keys(someAmounts)) {
			if dice.IntN(3) > 0 {
				text += "," + name + "=" + pick(dice, someAmounts[name])
			}
		}
		if text != "" {
			w.Annotate(key, text[1:])
		}
	}
	for i := range dice.IntN(3) {
		fields := builders.Object{"resources": randomResources(dice)}
		if maybe(dice) {
			fields["restartPolicy"] = "Always"
		}
		w.Init(fmt.Sprintf("init%d", i), fields)
	}
	for i := range 1 + dice.IntN(2) {
		w.Container(fmt.Sprintf("app%d", i), builders.Object{"resources": randomResources(dice)})
	}
	return w.JSON()
}

func randomResources(dice *rand.Rand) builders.Object {
	return builders.Object{"requests": randomList(dice, 4), "limits": randomList(dice, 4)}
}

// rejects says why Kubernetes would not run the pods, in whichever order it takes the LimitRanges; empty if it would.
func rejects(t *testing.T, object []byte, ranges []corev1.LimitRange) string {
	t.Helper()
	backwards := slices.Clone(ranges)
	slices.Reverse(backwards)
	return cmp.Or(rejectsInOrder(t, object, ranges), rejectsInOrder(t, object, backwards))
}

func rejectsInOrder(t *testing.T, object []byte, ranges []corev1.LimitRange) string {
	t.Helper()
	d := appsv1.Deployment{}
	if err := json.Unmarshal(object, &d); err != nil {
		t.Fatal(err)
	}
	pod := &d.Spec.Template.Spec
	if why := eachContainer(pod, validate); why != "" {
		return "template: " + why // the API server validates it as it stands
	}
	eachContainer(pod, requestIsLimit)
	for i := range ranges {
		for _, item := range ranges[i].Spec.Limits {
			item := defaulted(item)
			if item.Type == corev1.LimitTypeContainer {
				eachContainer(pod, func(c *corev1.Container) string { fillIn(c, item); return "" })
			}
		}
	}
	if why := eachContainer(pod, validate); why != "" {
		return "after the LimitRanges' defaults: " + why
	}
	for i := range ranges {
		for _, item := range ranges[i].Spec.Limits {
			if why := violates(pod, &item); why != "" {
				return why
			}
		}
	}
	return ""
}

func eachContainer(pod *corev1.PodSpec, do func(*corev1.Container) string) string {
	for _, list := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range list {
			if why := do(&list[i]); why != "" {
				return list[i].Name + ": " + why
			}
		}
	}
	return ""
}

func validate(c *corev1.Container) string {
	for name, r := range c.Resources.Requests {
		if l, ok := c.Resources.Limits[name]; ok && r.Cmp(l) > 0 {
			return fmt.Sprintf("%s: request %s above limit %s", name, r.String(), l.String())
		}
	}
	return ""
}

func requestIsLimit(c *corev1.Container) string {
	merge(&c.Resources.Requests, c.Resources.Limits)
	return ""
}

func fillIn(c *corev1.Container, item corev1.LimitRangeItem) {
	merge(&c.Resources.Limits, item.Default)
	merge(&c.Resources.Requests, item.DefaultRequest)
}

func merge(into *corev1.ResourceList, from corev1.ResourceList) {
	if *into == nil {
		*into = corev1.ResourceList{}
	}
	for name, q := range from {
		if _, ok := (*into)[name]; !ok {
			(*into)[name] = q
		}
	}
}

// defaulted is SetDefaults_LimitRangeItem.
func defaulted(item corev1.LimitRangeItem) corev1.LimitRangeItem {
	item.Default, item.DefaultRequest = maps.Clone(item.Default), maps.Clone(item.DefaultRequest)
	merge(&item.Default, item.Max)
	merge(&item.DefaultRequest, item.Default)
	merge(&item.DefaultRequest, item.Min)
	return item
}

func violates(pod *corev1.PodSpec, item *corev1.LimitRangeItem) string {
	if item.Type == corev1.LimitTypePod {
		requests := podTotal(pod, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Requests })
		limits := podTotal(pod, func(c *corev1.Container) corev1.ResourceList { return c.Resources.Limits })
		return constraint(item, requests, limits)
	}
	return eachContainer(pod, func(c *corev1.Container) string { return constraint(item, c.Resources.Requests, c.Resources.Limits) })
}

func constraint(item *corev1.LimitRangeItem, requests, limits corev1.ResourceList) string {
	for name, bound := range item.Min {
		r, ok := requests[name]
		l, limited := limits[name]
		if !ok || r.Cmp(bound) < 0 || limited && l.Cmp(bound) < 0 {
			return fmt.Sprintf("%s %s: below the minimum", item.Type, name)
		}
	}
	for name, bound := range item.Max {
		r := requests[name]
		l, limited := limits[name]
		if !limited || l.Cmp(bound) > 0 || r.Cmp(bound) > 0 {
			return fmt.Sprintf("%s %s: above the maximum", item.Type, name)
		}
	}
	for name, bound := range item.MaxLimitRequestRatio {
		r, l := requests[name], limits[name]
		if r.IsZero() || l.IsZero() || float64(l.MilliValue())/float64(r.MilliValue())*1000 > float64(bound.MilliValue()) {
			return fmt.Sprintf("%s %s: ratio %s of %s to %s", item.Type, name, bound.String(), l.String(), r.String())
		}
	}
	return ""
}

func podTotal(pod *corev1.PodSpec, of func(*corev1.Container) corev1.ResourceList) corev1.ResourceList {
	total, sidecars, initial := corev1.ResourceList{}, corev1.ResourceList{}, corev1.ResourceList{}
	for i := range pod.Containers {
		add(total, of(&pod.Containers[i]))
	}
	for i := range pod.InitContainers {
		c := &pod.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			add(total, of(c))
			add(sidecars, of(c))
			highest(initial, sidecars)
			continue
		}
		step := maps.Clone(sidecars)
		add(step, of(c))
		highest(initial, step)
	}
	highest(total, initial)
	return total
}

func add(into, list corev1.ResourceList) {
	for name, q := range list {
		sum := into[name].DeepCopy()
		sum.Add(q)
		into[name] = sum
	}
}

func highest(into, list corev1.ResourceList) {
	for name, q := range list {
		if have, ok := into[name]; !ok || q.Cmp(have) > 0 {
			into[name] = q.DeepCopy()
		}
	}
}
