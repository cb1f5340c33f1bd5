package reaction

import (
	"fmt"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
)

// change is a count, and when it was first seen.
type change struct {
	at       time.Time
	replicas int32
}

// String is for failures.
func (c change) String() string {
	return fmt.Sprintf("%d at %s", c.replicas, c.at.Format(time.StampMilli))
}

// history is what the counts of all Deployments have been since the watch began.
type history struct {
	mu      sync.Mutex
	changes map[types.NamespacedName][]change
}

// watch follows spec.replicas of all Deployments until the benchmark ends.
func watch(b *testing.B, l *lab) *history {
	b.Helper()
	h := &history{changes: map[types.NamespacedName][]change{}}
	w, err := l.client.Watch(b.Context(), &appsv1.DeploymentList{})
	must(b, err)
	b.Cleanup(w.Stop)
	go func() {
		for event := range w.ResultChan() {
			if d, ok := event.Object.(*appsv1.Deployment); ok {
				h.note(d, time.Now())
			}
		}
	}()
	return h
}

func (h *history) note(d *appsv1.Deployment, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := types.NamespacedName{Namespace: d.Namespace, Name: d.Name}
	before := h.changes[key]
	if len(before) == 0 || before[len(before)-1].replicas != *d.Spec.Replicas {
		h.changes[key] = append(before, change{at, *d.Spec.Replicas})
	}
}

// await waits until so many Deployments have come to the last count. Who has not is found by since.
func (h *history) await(all int) {
	for end := time.Now().Add(patience); h.there() < all && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
	}
}

func (h *history) there() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, changes := range h.changes {
		if changes[len(changes)-1].replicas == most {
			n++
		}
	}
	return n
}

// since gives the reaction of a Deployment to a burst. It is an error if the count moved before, or is not there yet.
func (h *history) since(burst time.Time, namespace, name string, from int32) (reaction, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.changes[types.NamespacedName{Namespace: namespace, Name: name}]
	last := len(c) - 1
	if last < 1 || c[0].replicas != from || c[1].at.Before(burst) || c[last].replicas != most {
		return reaction{}, fmt.Errorf("%s/%s: its count was to be %d until %s, and then to become %d; it was %v",
			namespace, name, from, burst.Format(time.StampMilli), most, c)
	}
	return reaction{first: c[1].at.Sub(burst), all: c[last].at.Sub(burst)}, nil
}

// all gives the reactions of all Deployments of a name.
func (h *history) all(b *testing.B, bursts map[string]time.Time, name string, from int32) []reaction {
	b.Helper()
	var all []reaction
	for namespace, burst := range bursts {
		r, err := h.since(burst, namespace, name, from)
		must(b, err)
		all = append(all, r)
	}
	return all
}
