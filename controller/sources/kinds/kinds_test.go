package kinds

import (
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// The catalogue says what users may write; every type in it has to be served.
func TestEveryTriggerTypeHasARow(t *testing.T) {
	table := New(Needs{})
	for _, kind := range trigger.All() {
		if kind.Resource != "" {
			continue // a Resource metric in another spelling
		}
		for _, name := range append([]string{kind.Name}, kind.Aliases...) {
			if _, err := table.For(&scaling.Signal{Kind: scaling.Trigger, TriggerRef: &v1alpha1.Trigger{Type: name}}); err != nil {
				t.Errorf("trigger type %s: %v", name, err)
			}
		}
	}
}

// A type of the long tail has one row for all, and without plimsoll-scalers that is said.
func TestLongTail(t *testing.T) {
	signal := &scaling.Signal{Kind: scaling.Trigger, TriggerRef: &v1alpha1.Trigger{Type: "beanstalkd"}}
	for address, served := range map[string]bool{"": false, "unix:///run/plimsoll/scalers.sock": true} {
		row, err := New(Needs{Scalers: address}).For(signal)
		if err != nil || row.Name != "plimsoll-scalers" {
			t.Fatalf("%+v, %v", row, err)
		}
		if _, err := row.Source.Query(sources.Request{Signal: signal}); (err == nil) != served || !served && !failure.IsMistake(err) {
			t.Errorf("address %q: %v", address, err)
		}
	}
}

func TestRowsAreSane(t *testing.T) {
	table := New(Needs{})
	if names := table.Names(); !slices.IsSorted(names) {
		t.Errorf("rows are not in order: %v", names)
	}
	for _, row := range table {
		if row.Floor <= 0 || row.Interval < row.Floor || row.Source == nil {
			t.Errorf("row %s: %+v", row.Name, row)
		}
		if row.IntervalFor(time.Nanosecond) != row.Floor || row.IntervalFor(0) != row.Interval || row.IntervalFor(time.Hour) != time.Hour {
			t.Errorf("row %s does not keep to its floor or default", row.Name)
		}
	}
}

func TestUnservedIsAMistake(t *testing.T) {
	_, err := New(Needs{}).For(&scaling.Signal{Kind: scaling.Trigger, TriggerRef: &v1alpha1.Trigger{Type: "carrier-pigeon"}})
	if !failure.IsMistake(err) {
		t.Fatalf("got %v", err)
	}
}

// Every type of metric in autoscaling/v2 has to be served.
func TestEveryMetricTypeHasARow(t *testing.T) {
	table := New(Needs{})
	for kind, want := range map[scaling.SignalKind]string{
		scaling.Resource: "resource", scaling.ContainerResource: "resource", scaling.Pods: "custom", scaling.Object: "custom",
		scaling.External: "external",
	} {
		if row, err := table.For(&scaling.Signal{Kind: kind}); err != nil || row.Name != want {
			t.Errorf("kind %d: %+v, %v; want %s", kind, row, err, want)
		}
	}
	if row, err := table.For(&scaling.Signal{Kind: scaling.Pods, Scrape: &v1alpha1.Scrape{Port: 8080}}); err != nil || row.Name != "scrape" {
		t.Errorf("with scrape: %+v, %v", row, err)
	}
}
