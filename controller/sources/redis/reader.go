package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

type reader struct {
	access access

	mu sync.Mutex
	// client is nil before the first read and after an outage. go-redis probes a server that is down once a second, whatever
	// its caller's back-off, and answers with old errors meanwhile; a new client has no such memory.
	client goredis.UniversalClient
	closed bool
	// odd says which of lengthOf a key wants that is not a list.
	odd map[list]int
}

func newReader(a access) *reader { return &reader{access: a, odd: map[list]int{}} }

// connect gives the client; nil once the reader is closed.
func (r *reader) connect() goredis.UniversalClient {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil && !r.closed {
		r.client = newClient(r.access)
	}
	return r.client
}

// hangUp drops the client.
func (r *reader) hangUp() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		return nil
	}
	err := r.client.Close()
	r.client = nil
	return err
}

// Read asks all questions in one round trip to each node, and a second one for keys that turn out not to be lists.
func (r *reader) Read(ctx context.Context, queries []sources.Query) ([]sources.Reading, error) {
	client := r.connect()
	if client == nil {
		return nil, errors.New("reading has ended")
	}
	b := batch{reader: r, readings: make([]sources.Reading, len(queries)), questions: make([]question, len(queries))}
	for i, q := range queries {
		q, ok := q.(query)
		if !ok {
			b.readings[i].Err = fmt.Errorf("not a query for redis: %T", queries[i])
			continue
		}
		b.questions[i] = r.known(q.question)
	}
	err := b.ask(ctx, client)
	if err == nil {
		err = b.askAgain(ctx, client)
	}
	if err != nil {
		_ = r.hangUp() // the error that counts is that of the read
		return nil, err
	}
	return b.readings, nil
}

// known gives the question as it was last answered.
func (r *reader) known(q question) question {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l, ok := q.(list); ok {
		if which, ok := r.odd[l]; ok {
			return oddList{l, which}
		}
	}
	return q
}

// learn keeps what kind of key a list is: which of lengthOf, or -1 for a list.
func (r *reader) learn(l list, which int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if which < 0 {
		delete(r.odd, l)
		return
	}
	r.odd[l] = which
}

// oddList is a key that is known not to be a list.
type oddList struct {
	list
	which int
}

func (o oddList) ask(ctx context.Context, p goredis.Pipeliner) answer {
	return lengthOf()[o.which](p, ctx, string(o.list)).Result
}

// anyLength asks for the length of a key of any kind. The kind is not asked for: a user may be allowed less than that.
type anyLength struct {
	list
	learn func(list, int)
}

func (a anyLength) ask(ctx context.Context, p goredis.Pipeliner) answer {
	commands := []*goredis.IntCmd{p.LLen(ctx, string(a.list))}
	for _, length := range lengthOf() {
		commands = append(commands, length(p, ctx, string(a.list)))
	}
	return func() (n int64, err error) {
		for i, command := range commands {
			if n, err = command.Result(); err == nil {
				a.learn(a.list, i-1)
				return n, nil
			}
		}
		return 0, commands[0].Err()
	}
}

// batch is a set of questions that are asked at once.
type batch struct {
	*reader
	questions []question
	readings  []sources.Reading
	// odd are the questions about keys of another type than they were taken for.
	odd []int
}

// ask asks the questions and fills the readings. The error is about the server.
func (b *batch) ask(ctx context.Context, client goredis.UniversalClient) error {
	answers := make([]answer, len(b.questions))
	if _, err := client.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for i, q := range b.questions {
			if q != nil {
				answers[i] = q.ask(ctx, p)
			}
		}
		return nil
	}); b.whole(err) {
		return b.outage(err)
	}
	var out error
	asked, lost := 0, 0
	for i, answer := range answers {
		if answer == nil {
			continue
		}
		asked++
		if err := b.take(i, answer); err != nil {
			out, lost = err, lost+1
		}
	}
	// Of a cluster, single nodes may be down.
	if b.access.topology != Cluster || lost == asked {
		return out
	}
	return nil
}

// whole tells whether an error of a batch is about all of it.
func (b *batch) whole(err error) bool { return b.access.topology != Cluster && b.outage(err) != nil }

// take reads one answer. The error is about the server.
func (b *batch) take(i int, a answer) error {
	n, err := a()
	if err == nil {
		b.readings[i] = sources.Reading{Value: n * 1000}
		return nil
	}
	if out := b.outage(err); out != nil {
		b.readings[i] = sources.Reading{Err: out}
		return out
	}
	b.readings[i] = sources.Reading{Err: b.questions[i].explain(err)}
	if codeOf(err) == "WRONGTYPE" {
		b.odd = append(b.odd, i)
	}
	return nil
}

// askAgain asks for lists that are none as what they are.
func (b *batch) askAgain(ctx context.Context, client goredis.UniversalClient) error {
	again := batch{reader: b.reader}
	var places []int
	for _, i := range b.odd {
		l, ok := listOf(b.questions[i])
		if !ok {
			continue
		}
		places = append(places, i)
		again.questions = append(again.questions, anyLength{l, b.learn})
	}
	if len(places) == 0 {
		return nil
	}
	again.readings = make([]sources.Reading, len(places))
	if err := again.ask(ctx, client); err != nil {
		return err
	}
	for n, i := range places {
		b.readings[i] = again.readings[n]
	}
	return nil
}

func listOf(q question) (list, bool) {
	switch q := q.(type) {
	case list:
		return q, true
	case oddList:
		return q.list, true
	}
	return "", false
}

// outage gives an error that is about the server as a whole, or nil.
func (r *reader) outage(err error) error {
	var reply goredis.Error
	switch {
	case err == nil, errors.Is(err, errUntold), errors.Is(err, errTooOld):
		return nil
	case errors.Is(err, goredis.Nil) && r.access.topology == Sentinel:
		return fmt.Errorf("%s: the Sentinels know no master of this name", r.access.place())
	case !errors.As(err, &reply):
		return sources.Unreachable(r.access.place(), err)
	}
	switch code := codeOf(reply); code {
	case "NOAUTH", "WRONGPASS":
		return sources.Unauthorized(r.refused(code))
	case "LOADING", "MASTERDOWN", "CLUSTERDOWN", "BUSY", "TRYAGAIN":
		return fmt.Errorf("%s is not ready: %s", r.access.place(), code)
	}
	if text := reply.Error(); strings.Contains(text, "invalid password") || strings.Contains(text, "AUTH") {
		return sources.Unauthorized(r.refused("ERR AUTH")) // before Redis 6
	}
	if strings.Contains(reply.Error(), "cluster support disabled") {
		return fmt.Errorf("%s is no cluster: legal for a server by itself is trigger type redis or redis-streams", r.access.place())
	}
	return nil
}

func (r *reader) refused(code string) error {
	if r.access.password == "" {
		return fmt.Errorf("%s wants a password and the trigger gives none (%s)", r.access.place(), code)
	}
	return fmt.Errorf("%s refuses the credentials (%s)", r.access.place(), code)
}

// codeOf is the first word of a reply that is an error.
func codeOf(err error) string {
	code, _, _ := strings.Cut(err.Error(), " ")
	return code
}

// Close closes the connections, for good.
func (r *reader) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.hangUp()
}
