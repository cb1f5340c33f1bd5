package scrape

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func notYet() error { return failure.Waiting(errors.New("pods are not known yet"), time.Second) }

// values gives the samples as name=value, estimates with a tilde.
func values(r sources.Reading) string {
	var out []string
	for _, p := range r.Pods {
		sign := "="
		if p.Estimated {
			sign = "~"
		}
		out = append(out, fmt.Sprintf("%s%s%d", p.Name, sign, p.Value))
	}
	return strings.Join(out, " ")
}

func TestWhatAPageSays(t *testing.T) {
	const mixed = `# HELP queue_depth Items.
# TYPE queue_depth gauge
queue_depth{queue="a"} 3
queue_depth{queue="b",team="x\"}y"} 4.5
queue_depth_total 99
other{queue="a"} nonsense
`
	const open = `# TYPE queue_depth gauge
# UNIT queue_depth items
queue_depth{queue="a"} 3 1700000000.123
queue_depth{queue="b"} 4.5 # {trace_id="z"} 0.67 1700000000.123
# TYPE work counter
work_total{queue="a"} 7 # {trace_id="abc}"} 1
work_created{queue="a"} 1.7e9
# TYPE state stateset
state{state="on"} 1
# EOF
`
	for name, test := range map[string]struct {
		page, metric string
		selector     map[string]string
		want         string
	}{
		"sum of series":             {mixed, "queue_depth", nil, "a=7500"},
		"selector":                  {mixed, "queue_depth", map[string]string{"queue": "a"}, "a=3000"},
		"quotes and braces":         {mixed, "queue_depth", map[string]string{"queue": "b"}, "a=4500"},
		"a counter as it is":        {mixed, "queue_depth_total", nil, "a=99000"},
		"no series matches":         {mixed, "queue_depth", map[string]string{"queue": "z"}, "no pod has it"},
		"another name":              {mixed, "queue", nil, "no pod has it"},
		"OpenMetrics":               {open, "queue_depth", nil, "a=7500"},
		"OpenMetrics counter":       {open, "work_total", nil, "a=7000"},
		"histogram's count":         {"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 4\nh_sum 2\nh_count 4\n", "h_count", nil, "a=4000"},
		"timestamp":                 {"queue_depth 5 1700000000000\n", "queue_depth", nil, "a=5000"},
		"spaces, tabs, no newline":  {" queue_depth\t 5  ", "queue_depth", nil, "a=5000"},
		"carriage returns":          {"queue_depth 5\r\nx 1\r\n", "queue_depth", nil, "a=5000"},
		"quoted name":               {`{"queue.depth",queue="a"} 5` + "\n", "queue.depth", nil, "a=5000"},
		"zero":                      {"queue_depth 0\n", "queue_depth", nil, "a=0"},
		"huge":                      {"queue_depth 1e30\n", "queue_depth", nil, "a=9223372036854775807"},
		"NaN":                       {"queue_depth NaN\n", "queue_depth", nil, "NaN or infinite"},
		"NaN in one of two":         {"queue_depth{q=\"a\"} 5\nqueue_depth{q=\"b\"} NaN\n", "queue_depth", nil, "NaN or infinite"},
		"infinite":                  {"queue_depth +Inf\n", "queue_depth", nil, "NaN or infinite"},
		"infinite both ways":        {"queue_depth{a=\"1\"} +Inf\nqueue_depth{a=\"2\"} -Inf\n", "queue_depth", nil, "NaN or infinite"},
		"negative":                  {"queue_depth -1\n", "queue_depth", nil, "value is negative"},
		"no such metric":            {"x 1\n", "queue_depth", nil, "no pod has it"},
		"empty":                     {"", "queue_depth", nil, "no pod has it"},
		"HTML":                      {"<html><body>{hello}</body></html>", "queue_depth", nil, "no pod has it"},
		"nonsense where it matters": {"queue_depth five\n", "queue_depth", nil, "not in Prometheus' text format"},
		"nonsense in the labels":    {"queue_depth{a=} 5\n", "queue_depth", nil, "not in Prometheus' text format"},
	} {
		w := newWorld()
		w.pod("a", "10.64.0.1")
		w.serve(t, "10.64.0.1:8080", text(test.page))
		readings, err := read(t, w.source(), request(test.metric, test.selector))
		var got string
		switch {
		case err != nil:
			got = err.Error()
		case readings[0].Err != nil:
			got = readings[0].Err.Error()
		default:
			got = values(readings[0])
		}
		if isError := strings.Contains(test.want, " "); got != test.want && (!isError || !strings.Contains(got, test.want)) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// Which pods are asked, where, and that nobody else is.
func TestWhoIsAsked(t *testing.T) {
	w := newWorld()
	w.pod("runs", "10.64.0.1")
	w.pod("six", "fd00::7")
	w.pod("mapped", "::ffff:10.64.0.9")
	w.pod("no-address", "")
	w.pod("pending", "10.64.0.2").Status.Phase = corev1.PodPending
	w.pod("done", "10.64.0.3").Status.Phase = corev1.PodSucceeded
	w.pod("going", "10.64.0.4").DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	for name, ip := range map[string]string{
		"loopback": "127.0.0.1", "loopback6": "::1", "metadata": "169.254.169.254", "link6": "fe80::1", "zone": "fe80::1%eth0", "any": "0.0.0.0",
		"any6": "::", "multicast": "224.0.0.1", "broadcast": "255.255.255.255", "mapped-loopback": "::ffff:127.0.0.1", "name": "example.com",
		"with-port": "10.64.0.5:80",
	} {
		w.pod(name, ip)
	}
	slices.SortFunc(w.pods, func(a, b *corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	var hosts []string
	for _, address := range []string{"10.64.0.1:8080", "[fd00::7]:8080", "10.64.0.9:8080"} {
		w.serve(t, address, func(out http.ResponseWriter, r *http.Request) {
			w.mu.Lock()
			hosts = append(hosts, r.Host+r.URL.Path)
			w.mu.Unlock()
			_, _ = io.WriteString(out, "queue_depth 1\n")
		})
	}
	readings, err := read(t, w.source(), request("queue_depth", nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := values(readings[0]); got != "mapped=1000 runs=1000 six=1000" {
		t.Errorf("samples: %s", got)
	}
	slices.Sort(w.dialled)
	if want := []string{"10.64.0.1:8080", "10.64.0.9:8080", "[fd00::7]:8080"}; !slices.Equal(w.dialled, want) {
		t.Errorf("dialled %v, want %v", w.dialled, want)
	}
	slices.Sort(hosts)
	if want := []string{"10.64.0.1:8080/metrics", "10.64.0.9:8080/metrics", "[fd00::7]:8080/metrics"}; !slices.Equal(hosts, want) {
		t.Errorf("asked as %v, want %v", hosts, want)
	}
}

// A path cannot lead to another host, whatever it looks like.
func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		"": "/metrics", "/m": "/m", "/m?format=prometheus": "/m?format=prometheus", "//evil.example/m": "//evil.example/m", "/@evil.example": "/@evil.example",
		"http://evil.example/m": "refused", "m": "refused", "/\x00": "refused",
	} {
		w := newWorld()
		w.pod("a", "10.64.0.1")
		got := "nothing"
		w.serve(t, "10.64.0.1:8080", func(out http.ResponseWriter, r *http.Request) {
			got = r.RequestURI
			_, _ = io.WriteString(out, "queue_depth 1\n")
		})
		r := request("queue_depth", nil)
		r.Signal.Scrape = &v1alpha1.Scrape{Port: 8080, Path: path}
		q, err := w.source().Query(r)
		if err != nil {
			got = "refused"
			if !failure.IsMistake(err) {
				t.Errorf("%q: %v is no mistake of the user", path, err)
			}
		} else if _, err := q.Open().Read(context.Background(), []sources.Query{q}); err != nil {
			t.Errorf("%q: %v", path, err)
		}
		if got != want {
			t.Errorf("%q: asked for %q, want %q", path, got, want)
		}
		if len(w.dialled) > 0 && !slices.Equal(w.dialled, []string{"10.64.0.1:8080"}) {
			t.Errorf("%q: dialled %v", path, w.dialled)
		}
	}
}

// What a pod must not get away with. Each of them is one of three pods; the others' answers count.
func TestBadPods(t *testing.T) {
	elsewhere := atomic.Bool{}
	for name, handler := range map[string]http.HandlerFunc{
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "queue_depth 7\n")
			_, _ = w.Write(bytes.Repeat([]byte("# padding\n"), bodyMost/10+1))
		},
		"too large once unpacked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "queue_depth 7\n")
			_, _ = z.Write(bytes.Repeat([]byte("# padding\n"), bodyMost/10+1))
			_ = z.Close()
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.64.0.99:8080/", http.StatusFound)
		},
		"not found": http.NotFound,
		"error":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "queue_depth 7\n")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"huge header": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) },
		"nonsense":    text("queue_depth x\n"),
		"hangs up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		w := newWorld()
		for i, pod := range []string{"a", "b", "c"} {
			address := fmt.Sprintf("10.64.0.%d", i+1)
			w.pod(pod, address)
			w.serve(t, address+":8080", text("queue_depth 2\n"))
		}
		w.serve(t, "10.64.0.2:8080", handler)
		w.serve(t, "10.64.0.99:8080", func(http.ResponseWriter, *http.Request) { elsewhere.Store(true) })
		began := time.Now()
		readings, err := read(t, w.source(), request("queue_depth", nil))
		if err != nil || values(readings[0]) != "a=2000 c=2000" {
			t.Errorf("%s: %v, %v", name, readings, err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		if elsewhere.Load() {
			t.Fatalf("%s: somebody else was asked", name)
		}
	}
}

func TestNobodyToAsk(t *testing.T) {
	w := newWorld()
	w.pod("a", "10.64.0.1").Status.Phase = corev1.PodPending
	readings, err := read(t, w.source(), request("queue_depth", nil))
	if err != nil || readings[0].Err == nil {
		t.Errorf("pods that start are no outage, and no answer: %v, %v", readings, err)
	}
	w.err = errors.New("no such workload")
	if _, err := read(t, w.source(), request("queue_depth", nil)); !errors.Is(err, w.err) {
		t.Errorf("got %v", err)
	}
}

// Informers that only just start are waited for: nobody is told of a failure that is none.
func TestPodsNotKnownYet(t *testing.T) {
	w := newWorld()
	w.depths(t, 1)
	w.early = 3
	readings, err := read(t, w.source(), request("queue_depth", nil))
	if err != nil || values(readings[0]) != "p0000=0" {
		t.Errorf("%v, %v", readings, err)
	}
	w.early = 1 << 30
	ctx, cancel := context.WithTimeout(context.Background(), 2*retry)
	defer cancel()
	list := queries(t, w.source(), request("queue_depth", nil))
	if _, err := list[0].Open().Read(ctx, list); err == nil {
		t.Error("pods that are never known are no answer")
	}
}

func TestOnePageServesAllMetrics(t *testing.T) {
	w := newWorld()
	asked := w.depths(t, 3)
	a, b := request("queue_depth", nil), request("other", nil)
	readings, err := read(t, w.source(), a, b, a)
	if err != nil || readings[0].Err != nil || readings[1].Err == nil || readings[2].Err != nil {
		t.Errorf("%v, %v", readings, err)
	}
	if asked.Load() != 3 {
		t.Errorf("3 pods were asked %d times for 3 questions", asked.Load())
	}
}

// Of many pods some are asked, others each time, and all of them have a value.
func TestManyPods(t *testing.T) {
	const n = 120
	w := newWorld()
	asked := w.depths(t, n)
	list := queries(t, w.source(), request("queue_depth", nil))
	reader := list[0].Open()
	seen := map[string]bool{}
	for turn := range 3 {
		readings, err := reader.Read(context.Background(), list)
		if err != nil {
			t.Fatal(err)
		}
		pods := readings[0].Pods
		if asked.Swap(0) != most || len(pods) != n {
			t.Fatalf("turn %d: %d samples", turn, len(pods))
		}
		if !slices.IsSortedFunc(pods, func(a, b scaling.PodSample) int { return strings.Compare(a.Name, b.Name) }) {
			t.Error("samples are not ordered by name")
		}
		var sum, all, estimated int64
		for _, p := range pods {
			all += p.Value
			if p.Estimated {
				estimated++
				continue
			}
			seen[p.Name] = true
			sum += p.Value
		}
		if estimated != n-most || all/n != sum/most {
			t.Errorf("turn %d: %d estimates, average %d of all and %d of those that were asked", turn, estimated, all/n, sum/most)
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d pods had their turn in three readings", len(seen), n)
	}
}

// Where half of those asked do not answer, half of the others count as missing too.
func TestManyPodsOfWhichSomeDoNotAnswer(t *testing.T) {
	const n = 150
	w := newWorld()
	w.depths(t, n)
	for i := range most / 2 {
		w.serve(t, fmt.Sprintf("10.64.0.%d:8080", i+1), http.NotFound)
	}
	readings, err := read(t, w.source(), request("queue_depth", nil))
	if err != nil {
		t.Fatal(err)
	}
	estimated := 0
	for _, p := range readings[0].Pods {
		if p.Estimated {
			estimated++
		}
	}
	if got := len(readings[0].Pods) - estimated; got != most/2 || estimated != (n-most)/2 {
		t.Errorf("%d samples and %d estimates", got, estimated)
	}
}

func TestMistakes(t *testing.T) {
	noScrape, badSelector := request("m", nil), request("m", nil)
	noScrape.Signal.Scrape = nil
	badSelector.Signal.Metric.Pods.Metric.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Near"}}}
	for name, r := range map[string]sources.Request{"no scrape": noScrape, "selector": badSelector} {
		if _, err := newWorld().source().Query(r); !failure.IsMistake(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Workloads, ports and paths are servers of their own: one that hangs holds up nobody else.
func TestServers(t *testing.T) {
	s, seen := newWorld().source(), map[string]bool{}
	base := request("m", nil)
	other := func(change func(*sources.Request)) sources.Request {
		r := base
		signal := *base.Signal
		r.Signal = &signal
		change(&r)
		return r
	}
	list := []sources.Request{
		base, other(func(r *sources.Request) { r.Namespace = "x" }), other(func(r *sources.Request) { r.Target.Name = "x" }),
		other(func(r *sources.Request) { r.Target.Kind = "StatefulSet" }),
		other(func(r *sources.Request) { r.Signal.Scrape = &v1alpha1.Scrape{Port: 1, Path: "/metrics"} }),
		other(func(r *sources.Request) { r.Signal.Scrape = &v1alpha1.Scrape{Port: 8080, Path: "/x"} }),
	}
	for _, q := range queries(t, s, list...) {
		seen[q.Server()] = true
	}
	if len(seen) != len(list) {
		t.Errorf("%d servers for %d pages: %v", len(seen), len(list), seen)
	}
	if a := queries(t, s, base, request("n", nil)); a[0].Server() != a[1].Server() {
		t.Error("two metrics of one page are two servers")
	}
}

func FuzzParse(f *testing.F) {
	for _, page := range []string{"queue_depth 1\n", `queue_depth{a="b"} 1 # {x="y"} 1`, "{\"queue_depth\"} 1", "queue_depth{", "# EOF", "queue_depth{a=\"\\"} {
		f.Add([]byte(page))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		all, err := parse(page, map[string]bool{"queue_depth": true})
		for i := range all {
			if err != nil || all[i].name != "queue_depth" {
				t.Fatalf("%q: %+v, %v", page, all[i], err)
			}
		}
	})
}
