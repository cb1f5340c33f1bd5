package nearest_test

import (
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/nearest"
)

func TestTo(t *testing.T) {
	t.Parallel()
	known := []string{"requests", "limits", "max-replicas", "min-replicas", "ttl"}
	for word, want := range map[string]string{
		"request":      "requests",
		"reqeusts":     "requests", // two letters swapped are one slip
		"limit":        "limits",
		"limts":        "limits",
		"max-replica":  "max-replicas",
		"mxa-replicsa": "max-replicas",
		"mix-replicas": "max-replicas", // as near as min-replicas: the first wins
		"maxreplicas":  "max-replicas",
		"tll":          "ttl",
		"ttl":          "ttl",
		"tt":           "", // too short to guess
		"":             "",
		"xyz":          "",
		"rqests12":     "",
		"minimum":      "",
	} {
		got, ok := nearest.To(word, known)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if _, ok := nearest.To("anything", nil); ok {
		t.Error("something is near to nothing")
	}
}

// FuzzTo: it is as near one way as the other, and nothing is nearer than itself.
func FuzzTo(f *testing.F) {
	f.Add("requests", "reqeusts")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a)+len(b) > 1<<12 {
			return
		}
		if got, ok := nearest.To(a, []string{b, a}); len(a) >= 3 && (!ok || got != a && got != b) {
			t.Errorf("%q is not near itself: %q", a, got)
		}
		_, there := nearest.To(a+strings.Repeat("x", 6), []string{b + strings.Repeat("x", 6)})
		_, back := nearest.To(b+strings.Repeat("x", 6), []string{a + strings.Repeat("x", 6)})
		if there != back {
			t.Errorf("%q and %q are near one way only", a, b)
		}
	})
}
