// Package sources says what a source of numbers is: something that turns a metric or trigger into a query, and a reader
// that answers many queries of one server at once. A source is a folder beside this file and a row in kinds.
package sources

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Source makes queries of one kind of metric or trigger.
type Source interface {
	// Query checks the parameters; it does no input or output. An error is a failure.Mistake, and says what is legal. A nil
	// Query means that there is nobody to ask: the engine answers by itself.
	Query(Request) (Query, error)
}

// Request is what a query is made from.
type Request struct {
	// Namespace of the Scaler.
	Namespace string
	Signal    *scaling.Signal
	// Target is what is scaled, in the same namespace.
	Target v1alpha1.TargetRef
	// Auth are the parameters from the object that authenticationRef names; nil where the trigger names none. Their values
	// never reach a log, an event, a status or an error.
	Auth map[string]string
	// Env are the variables of the target's container that the trigger's metadata names (keys that end in FromEnv). Their
	// values are as secret as those of Auth.
	Env map[string]string
}

// Query is one question. It is never changed once it is made.
type Query interface {
	// Server names whom to ask and as whom: queries with equal names share one Reader and are read together. Credentials
	// are part of it as a digest only.
	Server() string
	// Open gives the reader for the server. It does not wait for a connection.
	Open() Reader
}

// Reader talks to one server.
type Reader interface {
	// Read answers the queries, one for one, in as few round trips as it can. The error is about the server as a whole: no
	// query has an answer then, and the next attempt is put off. What concerns one query alone is its Reading's Err.
	Read(ctx context.Context, queries []Query) ([]Reading, error)
	// Close lets go of the server.
	Close() error
}

// Reading is an answer. Absent data is an Err, never zero.
type Reading struct {
	// Time of the reading; the time of the answer where it is zero.
	Time time.Time
	// Value in milli-units, of signals that are one number.
	Value int64
	// Target and Active are as in scaling.Sample, where the source tells them.
	Target int64
	Active scaling.Tristate
	// Pods are the readings of per-pod signals, ordered by Name. They may be of more pods than the target has, and be
	// shared between readings: nobody changes them.
	Pods []scaling.PodSample
	// Err says why there is no answer, in words that stay the same while the cause does.
	Err error
	// Outage is true where the Err is about the server as a whole. Readers leave it to whoever asks them.
	Outage bool
}

// Row is one kind of source.
type Row struct {
	// Name as in the catalogue of triggers, or of a metric's type.
	Name   string
	Source Source
	// Interval between readings where the Scaler does not say, and the least that it may say.
	Interval, Floor time.Duration
}

// IntervalFor gives the interval for a wish; zero wishes for nothing.
func (r *Row) IntervalFor(wish time.Duration) time.Duration {
	if wish <= 0 {
		return r.Interval
	}
	return max(wish, r.Floor)
}
