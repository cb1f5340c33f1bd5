package reaction

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// measure starts a cluster, makes n repeats side by side in it, changes the load of each at a moment of its own, and gives
// a row for everybody who follows.
func measure(b *testing.B, s scenario, n int) []row {
	b.Helper()
	l := startLab(b)
	numbers := s.start(b, l)
	namespaces := make([]string, n)
	for i := range namespaces {
		namespaces[i] = fmt.Sprintf("repeat-%d", i)
		must(b, l.client.Create(b.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespaces[i]}}))
		must(b, numbers.quiet(b.Context(), namespaces[i]))
		l.furnish(b, namespaces[i], s, numbers.wish(namespaces[i]))
	}
	l.settle(b, n, numbers.wish(""))
	h, seen := watch(b, l), look(b, numbers)
	bursts := burst(b, numbers, namespaces)
	who := numbers.wish("").followers()
	h.await(n * len(who))
	var rows []row
	for _, name := range who {
		rows = append(rows, row{metric: s.name, who: name, from: s.from, reactions: h.all(b, bursts, name, s.from)})
	}
	return append(rows, seen.rows(b, s, bursts)...)
}

// burst changes each load at a random moment of the phase, and gives the moments by namespace.
func burst(b *testing.B, numbers source, namespaces []string) map[string]time.Time {
	b.Helper()
	moments := make([]time.Time, len(namespaces))
	group, ctx := errgroup.WithContext(b.Context())
	for i, ns := range namespaces {
		group.Go(func() error {
			time.Sleep(rand.N(phase))
			moments[i] = time.Now()
			return numbers.burst(ctx, ns)
		})
	}
	must(b, group.Wait())
	of := map[string]time.Time{}
	for i, ns := range namespaces {
		of[ns] = moments[i]
	}
	return of
}

// sight is when a witness first showed the burst of a namespace.
type sight struct {
	mu   sync.Mutex
	at   map[string]time.Time
	err  error
	none bool
}

// look asks a witness until the benchmark ends. A source that is none has nothing to show.
func look(b *testing.B, numbers source) *sight {
	b.Helper()
	w, ok := numbers.(witness)
	seen := &sight{at: map[string]time.Time{}, none: !ok}
	if ok {
		go seen.follow(b.Context(), w)
	}
	return seen
}

func (s *sight) follow(ctx context.Context, w witness) {
	for ctx.Err() == nil {
		shown, err := w.shown(ctx)
		s.note(shown, err)
		time.Sleep(200 * time.Millisecond)
	}
}

func (s *sight) note(shown []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	for _, ns := range shown {
		if s.at[ns].IsZero() {
			s.at[ns] = time.Now()
		}
	}
}

// rows gives how long after its burst each namespace was shown to be under load.
func (s *sight) rows(b *testing.B, of scenario, bursts map[string]time.Time) []row {
	b.Helper()
	if s.none {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := row{metric: of.name, who: shown, from: of.from}
	for ns, burst := range bursts {
		at := s.at[ns]
		if at.IsZero() {
			b.Fatalf("the load of %s was never shown; last error: %v", ns, s.err)
		}
		r.reactions = append(r.reactions, reaction{first: at.Sub(burst)})
	}
	return []row{r}
}
