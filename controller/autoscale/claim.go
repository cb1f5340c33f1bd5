package autoscale

import (
	"fmt"
	"slices"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

// Two Scalers on one target would undo each other's work. The older one has it; the other one says so, and waits.

// claim enters an item for a target, and lets go of what it had. The caller holds l.mu.
func (l *Loop) claim(it *item, k targets.Key) {
	if it.claimed == k {
		return
	}
	l.unclaim(it)
	it.claimed = k
	l.claims[k] = append(l.claims[k], it)
	slices.SortFunc(l.claims[k], older)
	if len(l.claims[k]) > 1 {
		l.wakeAll(k)
	}
}

// unclaim lets go of a target; the next in line has it then. The caller holds l.mu.
func (l *Loop) unclaim(it *item) {
	k := it.claimed
	rest := slices.DeleteFunc(l.claims[k], func(other *item) bool { return other == it })
	it.claimed = targets.Key{}
	if len(rest) == 0 {
		delete(l.claims, k)
		return
	}
	l.claims[k] = rest
	l.wakeAll(k)
}

// forget drops an item. The caller holds l.mu.
func (l *Loop) forget(it *item) {
	l.unclaim(it)
	delete(l.items, it.key)
	go it.close() // it may have its turn just now
}

// wakeAll has all items of a target have their turn. The caller holds l.mu.
func (l *Loop) wakeAll(k targets.Key) {
	for _, it := range l.claims[k] {
		it.poke()
		l.queue.Wake(it.key)
	}
}

// rival says who else acts on the item's target, and what to do about it; nil where nobody does.
func (l *Loop) rival(it *item) error {
	k := targets.KeyOf(it.key.Namespace, it.scaler.Spec.ScaleTargetRef)
	if l.Rivals != nil {
		if name, found := l.Rivals.Rival(k); found {
			return fmt.Errorf("%s acts on %s too, and Plimsoll leaves it to it; delete it, or take plimsoll.dev's scaling annotations "+
				"off the workload (a Scaler written by hand: delete that)", name, k)
		}
	}
	if other, found := l.first(it); found {
		return fmt.Errorf("scaler %q acts on %s already; remove one of the two", other, k)
	}
	return nil
}

// first gives the Scaler that has the item's target, where it is another one.
func (l *Loop) first(it *item) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.claims[it.claimed]
	if len(first) == 0 || first[0] == it {
		return "", false
	}
	return first[0].key.Name, true
}

func older(a, b *item) int {
	if c := a.created.Compare(b.created); c != 0 {
		return c
	}
	if a.key.Name < b.key.Name {
		return -1
	}
	return 1
}
