package main

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
)

// anyObject as an object's name sets a value for each object that has none of its own.
const anyObject = "*"

// series is what a value is of. External metrics have neither resource nor object; root-scoped objects have no namespace.
type series struct {
	namespace, resource, object, metric string
	// labels in the canonical form of labels.Set.
	labels string
}

// measurement is a value and when it was set.
type measurement struct {
	value resource.Quantity
	at    time.Time
}

// store holds the values.
type store struct {
	mu     sync.Mutex
	values map[series]measurement
	// hang is how long every answer takes.
	hang time.Duration
	// asked counts requests by metric.
	asked map[string]int
}

func newStore() *store { return &store{values: map[series]measurement{}, asked: map[string]int{}} }

func (s *store) set(k series, q resource.Quantity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[k] = measurement{value: q, at: time.Now()}
}

func (s *store) unset(k series) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, k)
}

func (s *store) stall(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hang = d
}

// ask counts a request, and waits as long as every answer is to take.
func (s *store) ask(metric string) {
	s.mu.Lock()
	s.asked[metric]++
	wait := s.hang
	s.mu.Unlock()
	time.Sleep(wait)
}

func (s *store) count(metric string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[metric]
}

// find gives the values of a metric of one object whose labels a selector matches, by their labels.
func (s *store) find(k series, selector labels.Selector) map[string]measurement {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]measurement{}
	for have, m := range s.values {
		set, err := labels.ConvertSelectorToLabelsMap(have.labels)
		if err == nil && selector.Matches(set) && have.namespace == k.namespace && have.resource == k.resource &&
			have.object == k.object && have.metric == k.metric {
			found[have.labels] = m
		}
	}
	return found
}
