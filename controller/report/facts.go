// Package report says on a Scaler what was decided and why: conditions, numbers and the last decisions in its status, and
// events. It says so on transitions; a status that is written once per poll is a load on the API server and tells nobody
// anything.
package report

import (
	"errors"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/targets"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/reason"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
)

// Facts are what there is to report of one turn.
type Facts struct {
	Scaler *v1alpha1.Scaler
	Target targets.Key
	// Ready is the reason of the condition Ready, Problem its message where it is not Accepted.
	Ready   reason.Code
	Problem error
	// Spec and Decision are nil where nothing could be decided; Samples are what the decision rests on.
	Spec     *scaling.Spec
	Decision *scaling.Decision
	Samples  []scaling.Sample
	State    *scaling.State
	// WriteErr says how writing the scale failed. Lag is from the arrival of what led to the decision to the answer.
	WriteErr error
	Lag      time.Duration
	// Contest says that somebody else keeps setting the count back; nil where nobody does. Where nothing is written because of
	// it, WriteErr is the same.
	Contest error
	Now     time.Time
}

// Held tells whether a write was put off because of a contest.
func (f *Facts) Held() bool { return f.Contest != nil && errors.Is(f.WriteErr, f.Contest) }

// unable says why the target cannot be scaled; nil where it can.
func (f *Facts) unable() (reason.Code, error) {
	if f.Contest != nil {
		return reason.ConflictingWriter, f.Contest
	}
	return reason.FailedUpdateScale, f.WriteErr
}

// wrote tells whether this turn changed the scale.
func (f *Facts) wrote() bool {
	return f.Decision != nil && f.Decision.Verb == scaling.Write && f.WriteErr == nil
}

// essence is what makes a difference worth a write. Values that move with every reading are no part of it.
type essence struct {
	generation       int64
	ready            reason.Code
	conditions       scaling.Conditions
	current, desired int32
	reason           reason.Code
	errors           string
}

func (f *Facts) essence() essence {
	e := essence{generation: f.Scaler.Generation, ready: f.Ready, errors: f.errors()}
	if d := f.Decision; d != nil {
		e.conditions, e.current, e.desired, e.reason = d.Conditions, d.Current, d.Replicas, d.Reason
		if f.wrote() {
			e.current = d.Replicas
		}
	}
	return e
}

// errors joins the errors, which rarely are any.
func (f *Facts) errors() string {
	var b strings.Builder
	note := func(err error) {
		if err != nil {
			b.WriteString(err.Error())
			b.WriteByte('\n')
		}
	}
	note(f.Problem)
	note(f.WriteErr)
	note(f.Contest)
	for i := range f.Samples {
		note(f.Samples[i].Err)
	}
	return b.String()
}
