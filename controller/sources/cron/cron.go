// Package cron is KEDA's cron trigger: a number of pods while a window is open, none outside it. What it says follows from
// the time alone, so that the engine answers by itself (scaling.Signal.Cron), knows when the answer will change, and a
// recorded trace can be replayed; there is nobody to ask.
package cron

import (
	"errors"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Source checks cron triggers.
type Source struct{}

// Query checks the window. There is nothing to ask.
func (Source) Query(r sources.Request) (sources.Query, error) {
	if r.Signal.TriggerRef == nil {
		return nil, failure.Mistake(errors.New("not a trigger"))
	}
	if _, _, err := trigger.CronWindow(*r.Signal.TriggerRef); err != nil {
		return nil, failure.Mistake(err)
	}
	return nil, nil
}
