package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
	"github.com/plimsoll-dev/plimsoll/webhook/metrics"
)

// TestAllSeriesExistFromTheStart: five kinds, three operations, five outcomes; five kinds; six problems.
func TestAllSeriesExistFromTheStart(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	metrics.New(registry)
	for name, want := range map[string]int{
		"plimsoll_admission_requests_total": 5 * 3 * 5, "plimsoll_admission_duration_seconds": 5, "plimsoll_admission_problems_total": 6,
	} {
		got, err := testutil.GatherAndCount(registry, name)
		if err != nil || got != want {
			t.Errorf("%s has %d series, want %d (%v)", name, got, want, err)
		}
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestAnswersAreCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m := metrics.New(registry)
	m.Answered(metrics.Review{Kind: subject.Job, Operation: admit.Update, Outcome: metrics.Denied, Duration: 300 * time.Microsecond})
	m.Answered(metrics.Review{Kind: subject.Namespace, Operation: "DELETE", Outcome: metrics.NotEnrolled})
	m.Count(metrics.Panic)
	text := gathered(t, registry)
	for _, want := range []string{
		`plimsoll_admission_requests_total{kind="Job",operation="UPDATE",outcome="Denied"} 1`,
		`plimsoll_admission_requests_total{kind="Other",operation="Other",outcome="NotEnrolled"} 1`,
		`plimsoll_admission_problems_total{reason="Panic"} 1`,
		`plimsoll_admission_problems_total{reason="Malformed"} 0`,
		`plimsoll_admission_duration_seconds_bucket{kind="Job",le="0.00025"} 0`,
		`plimsoll_admission_duration_seconds_bucket{kind="Job",le="0.0005"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("not there: %s", want)
		}
	}
}

func gathered(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	text, err := testutil.GatherAndFormat(registry, expfmt.TypeTextPlain, "plimsoll_admission_requests_total",
		"plimsoll_admission_problems_total", "plimsoll_admission_duration_seconds")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
