package metrics

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

func TestKnownValuesExistFromTheStart(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := New(registry, []string{"cron", "redis"}); err != nil {
		t.Fatal(err)
	}
	if err := Gauges(registry, func() int { return 3 }, func() int { return 1 }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{
		"plimsoll_scaler_source_errors_total": 2, "plimsoll_scaler_scale_writes_total": 4, "plimsoll_scaler_status_writes_total": 4,
		"plimsoll_scaler_loop_queue_length": 1, "plimsoll_scaler_decision_lag_seconds": 1, "plimsoll_scaler_loop_lateness_seconds": 1,
		"plimsoll_scaler_source_read_duration_seconds": 2, "plimsoll_scaler_decisions_total": len(usualDecisions()),
	} {
		if got, err := testutil.GatherAndCount(registry, name); err != nil || got != want {
			t.Errorf("%s has %d series, %v; want %d", name, got, err, want)
		}
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestCounts(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := New(registry, []string{"redis"})
	if err != nil {
		t.Fatal(err)
	}
	m.Decided(&scaling.Decision{Verb: scaling.Write, Reason: reason.TooManyReplicas})
	m.Wrote(30*time.Millisecond, nil)
	m.Wrote(0, apierrors.NewConflict(schema.GroupResource{}, "a", errors.New("changed")))
	m.Wrote(0, errors.New("broken"))
	m.Failed("redis")
	m.Read("redis", time.Millisecond, 1000, nil)
	want := `
# HELP plimsoll_scaler_scale_writes_total Writes of scale subresources, by result.
# TYPE plimsoll_scaler_scale_writes_total counter
plimsoll_scaler_scale_writes_total{result="conflict"} 1
plimsoll_scaler_scale_writes_total{result="error"} 1
plimsoll_scaler_scale_writes_total{result="gone"} 0
plimsoll_scaler_scale_writes_total{result="ok"} 1
# HELP plimsoll_scaler_source_errors_total Questions without an answer.
# TYPE plimsoll_scaler_source_errors_total counter
plimsoll_scaler_source_errors_total{source="redis"} 1
`
	err = testutil.GatherAndCompare(registry, strings.NewReader(want), "plimsoll_scaler_scale_writes_total", "plimsoll_scaler_source_errors_total")
	if err != nil {
		t.Error(err)
	}
}
