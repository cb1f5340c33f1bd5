package metricsapi

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// atOnce is how many requests of one batch run side by side.
	atOnce = 8
	// patience bounds one request, below the limit of a batch: one metric that hangs must not keep the others' answers.
	patience = 3 * time.Second
)

// Answer is what came of a question.
type Answer[V any] struct {
	Value V
	Err   error
}

// Ask asks a group every different question once. The error is about the API as a whole: nothing was answered because of it.
func Ask[Q comparable, V any](
	ctx context.Context, g *Group, questions []Q, ask func(context.Context, Q) (V, error),
) (map[Q]Answer[V], error) {
	if err := g.ready(ctx); err != nil {
		return nil, err
	}
	answers := make(map[Q]*Answer[V], len(questions))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, q := range questions {
		if answers[q] != nil {
			continue
		}
		a := &Answer[V]{}
		answers[q] = a
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			a.Value, a.Err = ask(ctx, q)
			return nil
		})
	}
	_ = group.Wait() // the errors are in the answers
	return settle(answers)
}

// settle tells an outage, where no question was answered but for one.
func settle[Q comparable, V any](answers map[Q]*Answer[V]) (map[Q]Answer[V], error) {
	out, worst := make(map[Q]Answer[V], len(answers)), error(nil)
	down := len(answers) > 0
	for q, a := range answers {
		out[q] = *a
		down = down && isOutage(a.Err)
		if a.Err != nil && (worst == nil || a.Err.Error() < worst.Error()) { // the same one of several at every attempt
			worst = a.Err
		}
	}
	if !down {
		return out, nil
	}
	return nil, worst
}
