package namespaces

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
)

// TestMissedDeletion: an informer that did not see a deletion tells of it by the last state that it knew.
func TestMissedDeletion(t *testing.T) {
	t.Parallel()
	l := &corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "l"}}
	for name, tc := range map[string]struct {
		event any
		want  []string
	}{
		"seen":           {event: l, want: []string{"l"}},
		"missed":         {event: toolscache.DeletedFinalStateUnknown{Key: "a/l", Obj: l}, want: []string{"l"}},
		"of another":     {event: &corev1.Pod{}},
		"of nothing":     {event: toolscache.DeletedFinalStateUnknown{Key: "a/l"}},
		"nothing at all": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var removed []string
			eventHandler(func(*corev1.LimitRange) {}, func(l *corev1.LimitRange) { removed = append(removed, l.Name) }).OnDelete(tc.event)
			if diff := cmp.Diff(tc.want, removed); diff != "" {
				t.Errorf("removed (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadiness: it takes the first list of each informer.
func TestReadiness(t *testing.T) {
	t.Parallel()
	yes, no := func() bool { return true }, func() bool { return false }
	for name, tc := range map[string]struct {
		synced []toolscache.InformerSynced
		ready  bool
	}{
		"both":   {[]toolscache.InformerSynced{yes, yes}, true},
		"one":    {[]toolscache.InformerSynced{yes, no}, false},
		"no one": {[]toolscache.InformerSynced{no, no}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := (&Watch{synced: tc.synced}).Check(nil); (err == nil) != tc.ready {
				t.Errorf("error %v, want ready %t", err, tc.ready)
			}
		})
	}
}
