package soak

import (
	"maps"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// watcher looks at all counts four times a second, also while the API server comes and goes.
type watcher struct {
	mu   sync.Mutex
	seen map[string]int32
	// held are the servers that are down, with the time from which on none of their workloads may be lowered.
	held    map[int]time.Time
	changed int
}

func watch(t *testing.T, c client.Client) *watcher {
	t.Helper()
	w := &watcher{seen: map[string]int32{}, held: map[int]time.Time{}}
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(250 * time.Millisecond):
				w.look(t, c)
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return w
}

// look takes the counts, and says what must not be. While the API server is away there is nothing to see.
func (w *watcher) look(t *testing.T, c client.Client) {
	t.Helper()
	began := time.Now()
	list := &appsv1.DeploymentList{}
	if err := c.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range list.Items {
		w.note(t, list.Items[i].Name, *list.Items[i].Spec.Replicas, began)
	}
}

func (w *watcher) note(t *testing.T, name string, n int32, at time.Time) {
	t.Helper()
	before, known := w.seen[name]
	w.seen[name] = n
	if known && before != n {
		w.changed++
	}
	if n < 0 || n > most {
		t.Errorf("%s has %d replicas, which is not within 0..%d", name, n, most)
	}
	number, _ := strconv.Atoi(strings.TrimPrefix(name, "consumer-"))
	if from, down := w.held[number%2]; down && known && n < before && at.After(from) {
		t.Errorf("%s went from %d to %d while its Redis was down", name, before, n)
	}
}

// hold says that a server is down: from a time on none of its workloads may be lowered.
func (w *watcher) hold(server int, from time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held[server] = from
}

func (w *watcher) release(server int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.held, server)
}

func (w *watcher) counts() map[string]int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.seen)
}

func (w *watcher) changes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}
