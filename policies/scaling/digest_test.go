package scaling_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// TestDigestRoundTrip: what a digest brings is what it was made of, and both lead to the same decisions.
func TestDigestRoundTrip(t *testing.T) {
	longest := 0
	for seed := range uint64(worlds) {
		w := newWorld(seed)
		in, _ := w.input(t, true)
		digest := in.State.Digest()
		longest = max(longest, len(digest))
		seeded, err := scaling.Seed(digest)
		if err != nil {
			t.Fatalf("seed %d: %q: %v", seed, digest, err)
		}
		if again := seeded.Digest(); again != digest {
			t.Fatalf("seed %d:\n%s\n%s", seed, digest, again)
		}
	}
	if longest < 100 || longest > 4096 {
		t.Errorf("the longest digest has %d bytes", longest)
	}
}

// TestDigestIsReadable pins the form: another version has to read it.
func TestDigestIsReadable(t *testing.T) {
	spec := compile(t, worker())
	var state scaling.State
	if got := state.Digest(); got != "" {
		t.Errorf("what knows nothing has the digest %q", got)
	}
	decide := func(after time.Duration, current int32, items int64) {
		sample := number(items)
		if items < 0 {
			sample = failing(2)
		}
		_, state = scaling.Decide(scaling.Input{Spec: spec, Target: replicas(current), Samples: []scaling.Sample{sample}, State: state, Now: noon.Add(after), Created: noon})
	}
	decide(0, 0, 0)
	decide(10*time.Second, 0, 90)
	decide(20*time.Second, 18, 50)
	decide(30*time.Second, 18, -1)
	const want = "v1|at=1768478430000|last=10|active=10000|idle=0|high=20000:18,10000:10|low=10000:10|writes=20000:+18-0|fail=2"
	if got := state.Digest(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !state.LastActive().Equal(noon.Add(20*time.Second)) || !state.IdleSince().Equal(noon.Add(30*time.Second)) {
		t.Errorf("last active %s, idle since %s", state.LastActive(), state.IdleSince())
	}
}

func TestSeedErrors(t *testing.T) {
	tests := map[string]struct{ digest, want string }{
		"another version":      {"v2|at=1", `version "v2"`},
		"not a digest":         {"hello", `version "hello"`},
		"no time":              {"v1", "without a time"},
		"a time of nothing":    {"v1|at=x", `"x" is not a number`},
		"content before time":  {"v1|high=0:1|at=5", "before the digest's time"},
		"a negative count":     {"v1|at=5|last=-1", "-1 is not from 0"},
		"a time in the future": {"v1|at=5|idle=-1", "-1 is not from 0"},
		"a time before 1970":   {"v1|at=5|idle=6", "6 is not from 0 to 5"},
		"too many entries":     {"v1|at=5|high=" + strings.Repeat("1:1,", 30) + "1:1", "31 entries; legal are at most 24"},
		"too long":             {"v1|at=5|x=" + strings.Repeat("x", 9000), "legal are at most 8192"},
		"an unknown owner":     {"v1|at=5|zero=9", "9 is not from 0 to 3"},
		"half a write":         {"v1|at=5|writes=1:+", `"" is not a number`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			state, err := scaling.Seed(test.digest)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
			if !reflect.DeepEqual(state, scaling.State{}) {
				t.Errorf("a digest that cannot be read is nothing: %+v", state)
			}
		})
	}
	if state, err := scaling.Seed(""); err != nil || !reflect.DeepEqual(state, scaling.State{}) {
		t.Errorf("the empty digest: %+v, %v", state, err)
	}
	if _, err := scaling.Seed("v1|at=5|later=1:2:3"); err != nil {
		t.Errorf("a field of a later version: %v", err)
	}
}

// TestOtherSignalsThanBefore: a digest may be about other signals than the specification now has.
func TestOtherSignalsThanBefore(t *testing.T) {
	state, err := scaling.Seed("v1|at=1768478400000|fail=5,5,5")
	if err != nil {
		t.Fatal(err)
	}
	in := worker()
	in.Fallback = &v1alpha1.Fallback{Replicas: 3}
	spec := compile(t, in)
	for _, target := range []scaling.Target{replicas(3), {Err: err}} {
		d, _ := scaling.Decide(scaling.Input{Spec: spec, Target: target, Samples: []scaling.Sample{failing(1)}, State: state, Now: noon})
		if d.Conditions.Fallback.Status == scaling.True {
			t.Errorf("got %+v", d)
		}
	}
}

// TestDigestOfTheFuture: one of another clock is no knowledge, so that it lowers nothing; a little skew does no harm.
func TestDigestOfTheFuture(t *testing.T) {
	spec := compile(t, worker())
	for ahead, want := range map[time.Duration]answerOf{
		time.Hour:   {scaling.Keep, 9, reason.RestartGuard},
		time.Second: {scaling.Write, 2, reason.ScaleDownStabilized},
	} {
		_, past := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(2), Samples: []scaling.Sample{number(10)}, State: longAgo(spec, 2), Now: noon.Add(ahead)})
		state, err := scaling.Seed(past.Digest())
		if err != nil {
			t.Fatal(err)
		}
		d, next := scaling.Decide(scaling.Input{Spec: spec, Target: replicas(9), Samples: []scaling.Sample{number(1)}, State: state, Now: noon})
		wantAnswer(t, d, want)
		if _, err := scaling.Seed(next.Digest()); err != nil {
			t.Error(err)
		}
	}
}

// TestStatesAreValues: a decision changes neither the state it was given nor those handed out before.
func TestStatesAreValues(t *testing.T) {
	for seed := range uint64(500) {
		in, _ := newWorld(seed).input(t, true)
		_, first := scaling.Decide(in)
		before := first.Digest()
		in.State, in.Now = first, in.Now.Add(time.Second)
		for i := range in.Samples {
			in.Samples[i] = failing(int32(seed%5) + 1)
		}
		scaling.Decide(in)
		scaling.Decide(in)
		if after := first.Digest(); after != before {
			t.Fatalf("seed %d:\n%s\n%s", seed, before, after)
		}
	}
}

// FuzzSeed wants no crash, and a state that decides.
func FuzzSeed(f *testing.F) {
	f.Add("v1|at=1768478400000|last=10|active=10000|idle=0|fresh=1|high=20000:18,10000:10|low=10000:10|writes=20000:+18-0|pending=5:1:2|zero=2|base=5|fail=2")
	f.Add("v1|at=9223372036854775807|high=0:2147483647|writes=0:+2147483647-2147483647|pending=0:0:2147483647")
	f.Add("v2|at=1")
	in := worker()
	spec, _ := scaling.SpecFrom(&in)
	f.Fuzz(func(t *testing.T, digest string) {
		state, err := scaling.Seed(digest)
		if err != nil {
			return
		}
		d, next := scaling.Decide(scaling.Input{Spec: &spec, Target: scaling.Target{Replicas: 5}, Samples: []scaling.Sample{number(20)}, State: state, Now: noon})
		if d.Replicas < 0 || d.Replicas > spec.Max {
			t.Fatalf("%q: %+v", digest, d)
		}
		if _, err := scaling.Seed(next.Digest()); err != nil {
			t.Fatalf("%q: %q: %v", digest, next.Digest(), err)
		}
	})
}
