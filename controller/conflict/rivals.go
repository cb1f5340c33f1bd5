// Package conflict knows who else changes the counts of workloads: HorizontalPodAutoscalers and KEDA's ScaledObjects, which
// are told before anything is written, and writers that show only in what they leave behind. Two that scale one workload
// undo each other's work for ever, and each looks broken by itself.
package conflict

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

// The kinds of autoscalers that are known. Where both are on one workload the ScaledObject is named: the other is of its
// making, and would come back.
const (
	scaledObject = "ScaledObject"
	hpa          = "HorizontalPodAutoscaler"
)

// workload is a target whatever its version: autoscalers may name another one of the same kind.
type workload struct {
	namespace string
	kind      schema.GroupKind
	name      string
}

func workloadOf(k targets.Key) workload { return workload{k.Namespace, k.Kind.GroupKind(), k.Name} }

// autoscaler is an object that scales.
type autoscaler struct{ kind, namespace, name string }

// Rivals are the autoscalers of a cluster by what they act on.
type Rivals struct {
	// Changed is told of workloads that another autoscaler has come to, or has left. It may be nil.
	Changed func(targets.Key)

	mu  sync.Mutex
	on  map[workload]map[autoscaler]bool
	has map[autoscaler]targets.Key
}

// Rival names the other autoscaler of a workload, as in `HorizontalPodAutoscaler "web"`, if there is one.
func (r *Rivals) Rival(k targets.Key) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var first autoscaler
	for a := range r.on[workloadOf(k)] {
		if first.name == "" || before(a, first) {
			first = a
		}
	}
	return fmt.Sprintf("%s %q", first.kind, first.name), first.name != ""
}

func before(a, b autoscaler) bool {
	if a.kind != b.kind {
		return a.kind == scaledObject
	}
	return a.name < b.name
}

// put notes what an autoscaler acts on.
func (r *Rivals) put(a autoscaler, k targets.Key) {
	r.mu.Lock()
	was, known := r.has[a]
	if known && was == k {
		r.mu.Unlock()
		return
	}
	r.drop(a)
	if r.has == nil {
		r.has, r.on = map[autoscaler]targets.Key{}, map[workload]map[autoscaler]bool{}
	}
	w := workloadOf(k)
	if r.on[w] == nil {
		r.on[w] = map[autoscaler]bool{}
	}
	r.has[a], r.on[w][a] = k, true
	r.mu.Unlock()
	if known {
		r.tell(was)
	}
	r.tell(k)
}

// remove forgets an autoscaler.
func (r *Rivals) remove(a autoscaler) {
	r.mu.Lock()
	k, known := r.has[a]
	r.drop(a)
	r.mu.Unlock()
	if known {
		r.tell(k)
	}
}

// removeAll forgets all of a kind: their kind is not served any more.
func (r *Rivals) removeAll(kind string) {
	r.mu.Lock()
	var gone []autoscaler
	for a := range r.has {
		if a.kind == kind {
			gone = append(gone, a)
		}
	}
	r.mu.Unlock()
	for _, a := range gone {
		r.remove(a)
	}
}

// drop takes an autoscaler out. The caller holds r.mu.
func (r *Rivals) drop(a autoscaler) {
	w := workloadOf(r.has[a])
	delete(r.has, a)
	delete(r.on[w], a)
	if len(r.on[w]) == 0 {
		delete(r.on, w)
	}
}

func (r *Rivals) tell(k targets.Key) {
	if r.Changed != nil {
		r.Changed(k)
	}
}
