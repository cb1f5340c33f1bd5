package window_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/scaling/window"
)

type seen struct {
	at    int64
	value int32
}

// extreme is the simple definition: the extreme of all that is younger than after.
func extreme(sense window.Sense, all []seen, after int64) (int32, bool) {
	var best int32
	ok := false
	for _, s := range all {
		if s.at > after && (!ok || int32(sense)*s.value > int32(sense)*best) {
			best, ok = s.value, true
		}
	}
	return best, ok
}

func TestExtremeIsThatOfAllValues(t *testing.T) {
	for _, sense := range []window.Sense{window.Highest, window.Lowest} {
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(seed, 1))
			var e window.Extreme
			var all []seen
			at := int64(0)
			for range window.Capacity { // few enough for all of them to fit, whatever their order
				at += random.Int64N(30)
				s := seen{at, random.Int32N(20)}
				all = append(all, s)
				e.Add(sense, s.at, s.value, at-100)
				for _, length := range []int64{0, 1, 15, 50, 100} {
					want, wantOK := extreme(sense, all, at-length)
					got, _, ok := e.Of(at - length)
					if got != want || ok != wantOK {
						t.Fatalf("seed %d, sense %d, window %d: got %d, %v, want %d, %v", seed, sense, length, got, ok, want, wantOK)
					}
				}
			}
		}
	}
}

func TestExtremeSaysWhen(t *testing.T) {
	var e window.Extreme
	e.Add(window.Highest, 10, 5, math.MinInt64)
	e.Add(window.Highest, 20, 3, math.MinInt64)
	if value, at, ok := e.Of(0); value != 5 || at != 10 || !ok {
		t.Errorf("got %d at %d, %v", value, at, ok)
	}
	e.Add(window.Highest, 30, 5, math.MinInt64)
	if value, at, _ := e.Of(0); value != 5 || at != 30 {
		t.Errorf("the newest of equals counts: got %d at %d", value, at)
	}
	if _, _, ok := e.Of(30); ok {
		t.Error("what is as old as the window is long is out of it")
	}
}

// TestExtremeBeyondCapacity: a long slow fall has more values than fit. What is remembered then errs on the side of changing
// nothing: never less extreme than the truth, and never more than the window's neighbourhood explains.
func TestExtremeBeyondCapacity(t *testing.T) {
	for _, sense := range []window.Sense{window.Highest, window.Lowest} {
		var e window.Extreme
		var all []seen
		const length = 300
		for at := range int64(1000) {
			s := seen{at, int32(sense) * int32(5000-at)}
			all = append(all, s)
			e.Add(sense, s.at, s.value, at-length)
			truth, _ := extreme(sense, all, at-length)
			earlier, _ := extreme(sense, all, at-length-length/4)
			got, _, ok := e.Of(at - length)
			if !ok || int32(sense)*got < int32(sense)*truth || int32(sense)*got > int32(sense)*earlier {
				t.Fatalf("at %d: got %d, want from %d to %d", at, got, truth, earlier)
			}
		}
	}
}

func TestExtremeClockRunsBackwards(t *testing.T) {
	var e window.Extreme
	e.Add(window.Highest, 100, 5, math.MinInt64)
	e.Add(window.Highest, 50, 3, math.MinInt64)
	if value, _, ok := e.Of(60); value != 5 || !ok {
		t.Errorf("got %d, %v", value, ok)
	}
}

func TestLedgerSumsWhatIsYoung(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 2))
		var l window.Ledger
		var all []seen
		at := int64(1)
		for range window.Capacity {
			at += random.Int64N(30)
			s := seen{at, random.Int32N(21) - 10}
			all = append(all, s)
			l.Add(s.at, s.value, at-100)
			var wantAdded, wantRemoved, wantOldest int64
			for _, one := range all {
				if one.at > at-60 {
					wantAdded += int64(max(one.value, 0))
					wantRemoved += int64(max(-one.value, 0))
					if wantOldest == 0 {
						wantOldest = one.at
					}
				}
			}
			if added, removed := l.Sum(at - 60); added != wantAdded || removed != wantRemoved {
				t.Fatalf("seed %d: got +%d -%d, want +%d -%d", seed, added, removed, wantAdded, wantRemoved)
			}
			if oldest, ok := l.Oldest(at - 60); ok && oldest != wantOldest {
				t.Fatalf("seed %d: oldest %d, want %d", seed, oldest, wantOldest)
			}
		}
	}
}

func TestLedgerBeyondCapacityForgetsNothingYoung(t *testing.T) {
	var l window.Ledger
	for at := range int64(500) {
		l.Add(at, 1, at-300)
		young := min(at+1, 300)
		if added, _ := l.Sum(at - 300); added < young || added > young+300/4 {
			t.Fatalf("at %d: %d added, want %d or a few more", at, added, young)
		}
	}
}

func TestLedgerSaturates(t *testing.T) {
	var l window.Ledger
	for at := range int64(3 * window.Capacity) {
		l.Add(at, math.MaxInt32, math.MinInt64)
	}
	if added, removed := l.Sum(math.MinInt64); added <= 0 || removed != 0 {
		t.Errorf("got +%d -%d", added, removed)
	}
}

func TestRestoreGivesBackWhatAllGave(t *testing.T) {
	var from, to window.Ledger
	for at := range int64(40) {
		from.Add(at, int32(at%7)-3, math.MinInt64)
	}
	for c := range from.All() {
		to.Restore(c)
	}
	if from != to {
		t.Errorf("got %+v, want %+v", to, from)
	}
}
