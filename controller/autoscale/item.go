package autoscale

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// item is one Scaler in the loop.
type item struct {
	key types.NamespacedName
	uid types.UID
	// created and claimed are guarded by Loop.mu.
	created time.Time
	claimed targets.Key

	// mailbox: what others leave for the item's next turn.
	mu     sync.Mutex
	newest *v1alpha1.Scaler // nil where it has been taken up
	poked  bool
	mail   bool // some signal has a reading
	seen   int64

	// turn is held while the item has its turn; it guards all that follows.
	turn    sync.Mutex
	scaler  *v1alpha1.Scaler
	spec    *scaling.Spec
	invalid error
	signals []*signal
	samples []scaling.Sample
	state   scaling.State
	// written is the target as our last write, or a read after a conflict, left it. It counts until informers have caught up.
	written *targets.Target
	// arrived is when the oldest reading arrived that no decision has looked at; zero where there is none.
	arrived time.Time
	// decided is true once there was a decision on the present specification; wake is when the next is due in any case.
	decided bool
	wake    time.Time
	// waiting is since when a decision waits for what is only just being started; zero where none does.
	waiting time.Time
	// refusal is of the last write, where it failed.
	refusal refusal
	// counted and contest say whose the count is; author is who set it last, where it was not us.
	counted counted
	contest contest
	author  string
	// resting while another autoscaler has the target: nobody is asked, and nothing is known.
	resting bool
	journal report.Journal
}

// wish leaves the newest Scaler in the mailbox, and says whether there is something new in it. The caller holds Loop.mu.
func (it *item) wish(s *v1alpha1.Scaler) bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.seen == s.Generation && it.seen != 0 {
		return false
	}
	it.seen, it.newest, it.created = s.Generation, s, s.CreationTimestamp.Time
	return true
}

// poke has the item decide at its next turn, whatever its own reasons.
func (it *item) poke() {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.poked = true
}

// takeNewest empties the mailbox of Scalers.
func (it *item) takeNewest() *v1alpha1.Scaler {
	it.mu.Lock()
	defer it.mu.Unlock()
	newest := it.newest
	it.newest = nil
	return newest
}

// takeMail moves readings from the mailbox into the samples.
func (it *item) takeMail() {
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.poked {
		it.poked, it.wake = false, time.Time{}
		it.decided = false
	}
	if !it.mail {
		return
	}
	it.mail = false
	for i, s := range it.signals {
		if s.changed {
			s.changed, s.stale = false, true
		}
		if s.reading == nil {
			continue
		}
		if it.arrived.IsZero() || s.arrivedAt.Before(it.arrived) {
			it.arrived = s.arrivedAt
		}
		it.samples[i] = s.sample(*s.reading, it.samples[i])
		s.asked, s.reading = false, nil
	}
}

// due says whether there is something to decide: news, a deadline, or a first time, and an answer, be it an error, from
// every signal. Deciding before all have been asked once would report what is true for some milliseconds only.
func (it *item) due(now time.Time) bool {
	if it.scaler == nil {
		return false
	}
	for i, s := range it.signals {
		if s.subscription != nil && it.samples[i].Time.IsZero() {
			return false
		}
	}
	return !it.decided || !it.arrived.IsZero() || !it.wake.IsZero() && !now.Before(it.wake)
}

// next is when the item wants its next turn: for asking a source, or for deciding. Answers wake it by themselves.
func (it *item) next(now time.Time) time.Time {
	next := it.wake
	if it.resting {
		return next
	}
	for _, s := range it.signals {
		if s.asked || s.at.IsZero() {
			continue
		}
		if next.IsZero() || s.at.Before(next) {
			next = s.at
		}
	}
	if !next.IsZero() && next.Before(now) {
		return now
	}
	return next
}

// rest forgets what was read: when the other autoscaler goes, nothing of before may decide.
func (it *item) rest(now time.Time) {
	it.resting, it.counted = true, counted{} // what happens meanwhile is the other one's doing
	for i, s := range it.signals {
		if s.row != nil {
			it.samples[i], s.at = scaling.Sample{}, now
		}
	}
}

// close lets go of the sources.
func (it *item) close() {
	it.turn.Lock()
	defer it.turn.Unlock()
	for _, s := range it.signals {
		s.close()
	}
	it.signals = nil
}
