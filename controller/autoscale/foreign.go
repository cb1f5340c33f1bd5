package autoscale

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/controller/report"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
)

// Authors say who set a target's count last, apart from Plimsoll, and what is to be done where that one keeps doing it.
type Authors interface {
	Author(context.Context, targets.Key) string
	Advice(author string) string
}

// counted is the count of a target as it was last seen, or set by us.
type counted struct {
	uid   types.UID
	count int32
	known bool
	// tried is a count that we wrote without learning how that ended.
	tried int32
	sure  bool
}

// authorWithin bounds how long a turn waits to learn who it was: it goes on without.
const authorWithin = 2 * time.Second

// notice compares a target with what it was at the last turn. A count that we did not set is taken as the current one, and
// told of.
func (l *Loop) notice(ctx context.Context, it *item, t *targets.Target, now time.Time) {
	was := it.counted
	it.counted = counted{uid: t.UID, count: t.Replicas, known: true, sure: true}
	switch {
	case !was.known || was.uid != t.UID: // a new one, or a new life of one
		it.contest.begin(t.Replicas)
		return
	case was.count == t.Replicas:
		it.counted.tried, it.counted.sure = was.tried, was.sure
		return
	case !was.sure && was.tried == t.Replicas: // it was us after all
		it.contest.wrote(was.count, t.Replicas, now)
		return
	}
	contested := it.contest.on(now)
	if it.contest.met(t.Replicas, now) || !contested {
		it.author = l.author(ctx, t.Key)
	}
	if !it.contest.on(now) {
		l.Reports.Tell(it.scaler, report.Foreign(t.Key, was.count, t.Replicas, it.author))
	}
}

func (l *Loop) author(ctx context.Context, k targets.Key) string {
	if l.Authors == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, authorWithin)
	defer cancel()
	return l.Authors.Author(ctx, k)
}

// contested says what a contest is about; nil where there is none.
func (l *Loop) contested(it *item, now time.Time) error {
	if !it.contest.on(now) {
		return nil
	}
	who, advice := "somebody", ""
	if it.author != "" {
		who = fmt.Sprintf("%q", it.author)
	}
	if l.Authors != nil {
		advice = ": " + l.Authors.Advice(it.author)
	}
	return fmt.Errorf("%s keeps setting the replica count back to %d; after each time Plimsoll waits longer before it writes "+
		"again, %s at most%s", who, it.contest.theirs, contestMost, advice)
}

// wrote notes how a write of ours ended.
func (it *item) wrote(from, to int32, err error, now time.Time) {
	if err != nil {
		it.counted.tried, it.counted.sure = to, false
		return
	}
	it.contest.wrote(from, to, now)
	it.counted.count, it.counted.sure = to, true
}
