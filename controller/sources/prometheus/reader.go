package prometheus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/web"
)

// urlMost is how long a question may be that is asked by GET, which whatever stands in between lets pass; servers and
// proxies bound addresses at 4 to 8 KiB.
const urlMost = 2 << 10

// reader reads one batch at a time.
type reader struct {
	name, base string
	client     *web.Client
}

// answer is what one question came to.
type answer struct {
	value float64
	err   error
	// outage: the err is not about this question alone.
	outage bool
}

// Read asks every question once. Only where the server has answered none of them the error is about the server.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	questions, place := distinct(queries)
	answers := make([]answer, len(questions))
	web.Each(len(questions), func(i int) { answers[i] = r.ask(ctx, questions[i]) })
	if err := outage(answers); err != nil {
		return nil, err
	}
	readings := make([]sources.Reading, len(queries))
	for i, q := range queries {
		q, ok := q.(*query)
		if !ok {
			readings[i].Err = fmt.Errorf("not a query for prometheus: %T", queries[i])
			continue
		}
		readings[i] = answers[place[q.question.key]].reading(q.nullIsZero)
	}
	return readings, nil
}

// distinct lists the questions, each once, and says by their keys where they are.
func distinct(queries []sources.Query) ([]*question, map[string]int) {
	var questions []*question
	place := map[string]int{}
	for _, q := range queries {
		q, ok := q.(*query)
		if !ok {
			continue
		}
		if _, known := place[q.question.key]; !known {
			place[q.question.key] = len(questions)
			questions = append(questions, q.question)
		}
	}
	return questions, place
}

// outage gives the first error, where all questions failed for the server's sake.
func outage(answers []answer) error {
	for i := range answers {
		if !answers[i].outage {
			return nil
		}
	}
	if len(answers) == 0 {
		return nil
	}
	return answers[0].err
}

// reading makes a reading of an answer.
func (a *answer) reading(nullIsZero bool) sources.Reading {
	null := errors.Is(a.err, errNoData) || a.err == nil && (math.IsNaN(a.value) || math.IsInf(a.value, 0))
	if null && nullIsZero {
		return sources.Reading{}
	}
	if a.err != nil {
		return sources.Reading{Err: a.err}
	}
	value, err := sources.MilliOf(a.value)
	return sources.Reading{Value: value, Err: err}
}

// ask asks one question.
func (r *reader) ask(ctx context.Context, q *question) answer {
	ctx, cancel := web.Timed(ctx, q.timeout)
	defer cancel()
	request, err := r.request(ctx, q)
	if err != nil {
		return answer{err: fmt.Errorf("%s: not an address", r.name), outage: true}
	}
	got, err := r.client.Do(request)
	if err != nil {
		return answer{err: err, outage: web.IsAboutServer(err)}
	}
	page, ok := parse(got.Body)
	switch {
	case ok:
		value, err := page.value()
		return answer{value: value, err: err}
	case got.Status != http.StatusOK:
		return answer{err: r.client.Refusal(got.Status), outage: true}
	}
	return answer{err: fmt.Errorf("%s is no Prometheus: its answer is something else", r.name), outage: true}
}

func (r *reader) request(ctx context.Context, q *question) (*http.Request, error) {
	address := r.base + "/api/v1/query"
	if len(address)+len(q.form) < urlMost {
		return requestBy(ctx, q, http.MethodGet, address+"?"+q.form)
	}
	post, err := requestBy(ctx, q, http.MethodPost, address)
	if err == nil {
		post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		post.Header["Idempotency-Key"] = nil // not sent: it lets the request be repeated when an idle connection was closed
	}
	return post, err
}

func requestBy(ctx context.Context, q *question, method, address string) (*http.Request, error) {
	body := ""
	if method == http.MethodPost {
		body = q.form
	}
	made, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err == nil {
		made.Header = q.header.Clone()
	}
	return made, err
}

// Close lets go of the server.
func (r *reader) Close() error {
	r.client.Close()
	return nil
}
