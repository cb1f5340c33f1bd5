package reaction

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// reaction is how long after a burst the count first changed, and how long after it was what it had to be.
type reaction struct{ first, all time.Duration }

// shown stands in the place of who: when the metrics API itself showed the change. It has no count, so reaction.all is 0.
const shown = "(shown)"

// row is what one scenario made of one who follows.
type row struct {
	metric, who string
	from        int32
	reactions   []reaction
}

// figure is a median or a maximum.
type figure struct {
	name  string
	value time.Duration
}

// figures are always of the same order: first change, then final count; median, then maximum.
func (r *row) figures() []figure {
	var figures []figure
	for _, part := range []struct {
		name string
		of   func(reaction) time.Duration
	}{
		{"first", func(x reaction) time.Duration { return x.first }},
		{"all", func(x reaction) time.Duration { return x.all }},
	} {
		times := make([]time.Duration, len(r.reactions))
		for i, x := range r.reactions {
			times[i] = part.of(x)
		}
		slices.Sort(times)
		figures = append(figures,
			figure{fmt.Sprintf("%s-%s-median", r.name(), part.name), median(times)},
			figure{fmt.Sprintf("%s-%s-max", r.name(), part.name), times[len(times)-1]})
	}
	if r.who == shown {
		return figures[:2]
	}
	return figures
}

func (r *row) name() string { return strings.Trim(r.who, "()") }

// median is of sorted times, one or more.
func median(times []time.Duration) time.Duration {
	middle := len(times) / 2
	if len(times)%2 == 1 {
		return times[middle]
	}
	return (times[middle-1] + times[middle]) / 2
}

// table shows rows, and below two of a metric the times of the former over those of the latter.
func table(rows []row, repeats int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%d repeats of each, side by side in one cluster; each load changes at a random moment of %s.\n"+
		"Seconds from the change of the load to that of spec.replicas, as a watch shows it. All defaults, on both sides.\n\n", repeats, phase)
	w := tabwriter.NewWriter(&out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "metric\tcount\twho\tfirst change: median\tmax\tfinal count: median\tmax\t")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(w, "%s\t%d -> %d\t%s\t", r.metric, r.from, most, r.who)
		figures := r.figures()
		for _, f := range figures {
			fmt.Fprintf(w, "%.2f\t", f.value.Seconds())
		}
		fmt.Fprintln(w, strings.Repeat("-\t", 4-len(figures)))
		if r.who == plimsoll && i > 0 && rows[i-1].metric == r.metric {
			fmt.Fprintf(w, "\t\t%s / %s\t%s\n", hpa, plimsoll, ratios(&rows[i-1], r))
		}
	}
	_ = w.Flush() // to memory
	return out.String()
}

func ratios(slow, fast *row) string {
	var out strings.Builder
	quick := fast.figures()
	for i, f := range slow.figures() {
		fmt.Fprintf(&out, "%.1fx\t", f.value.Seconds()/quick[i].value.Seconds())
	}
	return out.String()
}

func TestMedian(t *testing.T) {
	for name, test := range map[string]struct {
		times []time.Duration
		want  time.Duration
	}{
		"one":  {[]time.Duration{3}, 3},
		"odd":  {[]time.Duration{1, 2, 9}, 2},
		"even": {[]time.Duration{1, 2, 4, 9}, 3},
	} {
		if got := median(test.times); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestTable(t *testing.T) {
	reactions := func(n int) []reaction {
		return []reaction{{seconds(n), seconds(4 * n)}, {seconds(3 * n), seconds(8 * n)}}
	}
	got := table([]row{
		{metric: "m", who: hpa, from: 1, reactions: reactions(10)}, {metric: "m", who: plimsoll, from: 1, reactions: reactions(1)},
		{metric: "m", who: shown, from: 1, reactions: reactions(2)}, {metric: "q", who: plimsoll, reactions: reactions(1)},
	}, 2)
	for _, want := range []string{
		"m 1 -> 20 hpa 20.00 30.00 60.00 80.00", "m 1 -> 20 plimsoll 2.00 3.00 6.00 8.00", "\nhpa / plimsoll 10.0x 10.0x 10.0x 10.0x\n",
		"m 1 -> 20 (shown) 4.00 6.00 - -\n", "q 0 -> 20 plimsoll 2.00 3.00 6.00 8.00\n",
	} {
		if !strings.Contains(squeeze(got), want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "10.0x"); n != 4 {
		t.Errorf("%d ratios, want the four of one pair\n%s", n, got)
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// squeeze makes one blank of many.
func squeeze(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.Join(lines, "\n") + "\n"
}
