package intent

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

func parseMinReplicas(i *Intent, v value) error {
	n, err := number(v.text, 0)
	if err == nil {
		i.Scaling.MinReplicas = &n
	}
	return err
}

func parseMaxReplicas(i *Intent, v value) (err error) {
	i.Scaling.MaxReplicas, err = number(v.text, 1)
	return err
}

func parseIdleReplicas(i *Intent, v value) error {
	n, err := number(v.text, 0)
	if err == nil {
		i.Scaling.IdleReplicas = &n
	}
	return err
}

func parseCPU(i *Intent, v value) (err error) {
	i.CPU, err = metricTarget(v)
	return err
}

func parseMemory(i *Intent, v value) (err error) {
	i.Memory, err = metricTarget(v)
	return err
}

// metricTarget reads "70%" as utilization of requests and any other quantity as an average per pod.
func metricTarget(v value) (*autoscalingv2.MetricTarget, error) {
	if percent, ok := strings.CutSuffix(v.trimmed(), "%"); ok {
		n, err := number(percent, 1)
		if err != nil {
			return nil, err
		}
		return &autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &n}, nil
	}
	q, err := positive(v.text)
	if err != nil {
		return nil, err
	}
	return &autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &q}, nil
}

// fromYAML reads a value strictly: an unknown or repeated field is a mistake.
func fromYAML(v value, into any) error {
	if number := unreasonable(v); number != "" {
		return fmt.Errorf("%s is a number beyond reason", shown(number))
	}
	err := yaml.UnmarshalStrict([]byte(v.text), into)
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, prefix := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "json: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return errors.New(text)
}

// unreasonable finds a text in the YAML that would take forever as a quantity; empty where there is none. YAML that cannot be
// read at all is left to who reads it next.
func unreasonable(v value) string {
	var doc any
	if yaml.Unmarshal([]byte(v.text), &doc) != nil {
		return ""
	}
	return firstHuge(doc)
}

func firstHuge(v any) string {
	switch node := v.(type) {
	case string:
		if subject.HugeExponent(node) && strings.Trim(node, "0123456789.eE+- ") == "" {
			return node
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			if found := firstHuge(node[key]); found != "" {
				return found
			}
		}
	case []any:
		for _, element := range node {
			if found := firstHuge(element); found != "" {
				return found
			}
		}
	}
	return ""
}

// listFromYAML reads a list with at least one element.
func listFromYAML[T any](v value) ([]T, error) {
	var list []T
	if err := fromYAML(v, &list); err != nil {
		if strings.HasPrefix(err.Error(), "cannot unmarshal") && strings.Contains(err.Error(), " into Go value of type []") {
			return nil, errors.New("not a list") // Go's types mean nothing to who wrote the YAML
		}
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("the list is empty")
	}
	return list, nil
}

func parseMetrics(i *Intent, v value) error {
	list, err := listFromYAML[autoscalingv2.MetricSpec](v)
	if err != nil {
		return err
	}
	i.Scaling.Metrics = list
	return nil
}

func parseTriggers(i *Intent, v value) error {
	list, err := listFromYAML[v1alpha1.Trigger](v)
	if err != nil {
		return err
	}
	i.Scaling.Triggers = list
	return nil
}

func parseBehavior(i *Intent, v value) error {
	b := &autoscalingv2.HorizontalPodAutoscalerBehavior{}
	if err := fromYAML(v, b); err != nil {
		return err
	}
	i.Scaling.Behavior = b
	return nil
}

func parseSchedule(i *Intent, v value) error {
	list, err := listFromYAML[v1alpha1.ScheduleWindow](v)
	if err != nil {
		return err
	}
	i.Scaling.Schedule = list
	return nil
}

func parseScrape(i *Intent, v value) error {
	list, err := pairs(v.text)
	if err != nil {
		return err
	}
	s := &v1alpha1.Scrape{Path: "/metrics"}
	for _, p := range list {
		switch p.key {
		case "port":
			if s.Port, err = number(p.value, 1); err != nil || s.Port > 65535 {
				return fmt.Errorf("port %s is not from 1 to 65535", shown(p.value))
			}
		case "path":
			if !strings.HasPrefix(p.value, "/") {
				return fmt.Errorf("path %s does not begin with /", shown(p.value))
			}
			s.Path = p.value
		default:
			return fmt.Errorf("%s is unknown", shown(p.key))
		}
	}
	if s.Port == 0 {
		return errors.New("port is missing")
	}
	i.Scaling.Scrape = s
	return nil
}

func parseNoData(i *Intent, v value) (err error) {
	i.Scaling.NoData, err = oneOf(v, v1alpha1.NoDataHold, v1alpha1.NoDataIgnore, v1alpha1.NoDataFallback)
	return err
}

func parseCPUInitializationPeriod(i *Intent, v value) (err error) {
	i.Scaling.CPUInitializationPeriod, err = metaDuration(v, 0)
	return err
}

func parseInitialReadinessDelay(i *Intent, v value) (err error) {
	i.Scaling.InitialReadinessDelay, err = metaDuration(v, 0)
	return err
}

func parsePollingInterval(i *Intent, v value) (err error) {
	i.Scaling.PollingInterval, err = metaDuration(v, time.Second)
	return err
}

func parseCooldown(i *Intent, v value) (err error) {
	i.Scaling.Cooldown, err = metaDuration(v, 0)
	return err
}

func parseInitialCooldown(i *Intent, v value) (err error) {
	i.Scaling.InitialCooldown, err = metaDuration(v, 0)
	return err
}

func parseFallback(i *Intent, v value) error {
	list, err := pairs(v.text)
	if err != nil {
		return err
	}
	f := &v1alpha1.Fallback{Replicas: -1, After: 3, Behavior: v1alpha1.FallbackStatic}
	for _, p := range list {
		switch p.key {
		case "replicas":
			f.Replicas, err = number(p.value, 0)
		case "after":
			f.After, err = number(p.value, 1)
		case "behavior":
			f.Behavior, err = oneOf(value{text: p.value}, v1alpha1.FallbackStatic, v1alpha1.FallbackCurrentReplicas,
				v1alpha1.FallbackCurrentReplicasIfHigher, v1alpha1.FallbackCurrentReplicasIfLower)
		default:
			err = errors.New("unknown")
		}
		if err != nil {
			return fmt.Errorf("%s=%s: %w", p.key, p.value, err)
		}
	}
	if f.Replicas < 0 {
		return errors.New("replicas is missing")
	}
	i.Scaling.Fallback = f
	return nil
}

func parsePaused(i *Intent, v value) error {
	text := v.trimmed()
	if on, err := strconv.ParseBool(text); err == nil {
		if on {
			i.Scaling.Paused = &v1alpha1.Pause{Mode: v1alpha1.PauseAll}
		}
		return nil
	}
	if at, ok := strings.CutPrefix(text, "until="); ok {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return fmt.Errorf("%s is not an RFC 3339 time such as 2030-01-31T08:00:00Z", shown(at))
		}
		i.Scaling.Paused = &v1alpha1.Pause{Mode: v1alpha1.PauseAll, Until: &metav1.Time{Time: t}}
		return nil
	}
	mode, err := oneOf(v, v1alpha1.PauseIn, v1alpha1.PauseOut)
	if err == nil {
		i.Scaling.Paused = &v1alpha1.Pause{Mode: mode}
	}
	return err
}

func parseReplicasOwner(i *Intent, v value) (err error) {
	i.ReplicasOwner, err = oneOf(v, OwnerAutoscaler, OwnerManifest)
	return err
}

// The keys of event-driven Jobs are checked so that a mistake is found; nothing acts on them yet (Key.Pending).

func parseMaxJobs(_ *Intent, v value) error {
	_, err := number(v.text, 1)
	return err
}

func parseMinJobs(_ *Intent, v value) error {
	_, err := number(v.text, 0)
	return err
}

func parseJobStrategy(_ *Intent, v value) error {
	_, err := oneOf(v, "default", "custom", "accurate", "eager")
	return err
}

func parseJobRollout(_ *Intent, v value) error {
	_, err := oneOf(v, "gradual", "immediate")
	return err
}
