// Package conformance is what every source that asks a server has to keep to. A source gets the tests for free: it says how
// to start its server and how to put work into it.
package conformance

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// Backend is a running server of the source's kind, and the source.
type Backend struct {
	Source sources.Source
	// Address of the server, host:port. Requests go through a proxy in front of it.
	Address string
	// Request makes a request for the named piece of work, by way of an address and with the right credentials.
	Request func(address, name string) sources.Request
	// BadAuth is Request with wrong credentials.
	BadAuth func(address, name string) sources.Request
	// Secret is what must not appear in any error.
	Secret string
	// Put makes the named piece of work have a value, in units.
	Put func(t *testing.T, name string, units int64)
	// Spoil makes the named piece of work unreadable, as by another type; nil where that does not exist.
	Spoil func(t *testing.T, name string)
	// EmptyIsZero: the server's own semantics say that what does not exist is 0. Else it is an error.
	EmptyIsZero bool
}

// patience bounds one read. A source has limits of its own below it.
const patience = 5 * time.Second

// Run runs the suite. start is called once for each test.
func Run(t *testing.T, start func(t *testing.T) Backend) {
	for name, test := range map[string]func(*testing.T, *bench){
		"answers with the value":                     answers,
		"no data is an error or a real zero":         noData,
		"many questions are one conversation":        batch,
		"server down":                                down,
		"server slow":                                slow,
		"wrong credentials":                          wrongAuth,
		"recovers by itself":                         recovers,
		"one bad question does not spoil the others": spoiled,
		"errors keep still":                          steadyErrors,
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			p := newProxy(t, b.Address)
			test(t, &bench{Backend: b, proxy: p})
		})
	}
}

type bench struct {
	Backend
	proxy *proxy
}

func (b *bench) query(t *testing.T, r sources.Request) sources.Query {
	t.Helper()
	q, err := b.Source.Query(r)
	if err != nil {
		t.Fatalf("making a query: %v", err)
	}
	return q
}

func (b *bench) open(t *testing.T, q sources.Query) sources.Reader {
	t.Helper()
	reader := q.Open()
	t.Cleanup(func() { _ = reader.Close() })
	return reader
}

func read(t *testing.T, r sources.Reader, queries ...sources.Query) ([]sources.Reading, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	began := time.Now()
	readings, err := r.Read(ctx, queries)
	if took := time.Since(began); took > patience+time.Second {
		t.Fatalf("reading took %s with a limit of %s", took, patience)
	}
	if err == nil && len(readings) != len(queries) {
		t.Fatalf("%d readings for %d queries", len(readings), len(queries))
	}
	return readings, err
}

func (b *bench) wantValue(t *testing.T, r sources.Reader, q sources.Query, units int64) {
	t.Helper()
	readings, err := read(t, r, q)
	if err != nil || readings[0].Err != nil {
		t.Fatalf("reading: %v, %v", err, readings)
	}
	if readings[0].Value != units*1000 {
		t.Fatalf("value is %d, want %d in milli-units", readings[0].Value, units*1000)
	}
}

// wantOutage reads and wants an error about the server, without a secret, and that it is nobody's mistake.
func (b *bench) wantOutage(t *testing.T, r sources.Reader, q sources.Query) error {
	t.Helper()
	_, err := read(t, r, q)
	if err == nil {
		t.Fatal("reading succeeded and should not have")
	}
	b.noSecret(t, err)
	if failure.IsMistake(err) {
		t.Fatalf("an outage is not the user's mistake: %v", err)
	}
	return err
}

func (b *bench) noSecret(t *testing.T, err error) {
	t.Helper()
	if b.Secret != "" && strings.Contains(err.Error(), b.Secret) {
		t.Fatal("the error holds the secret")
	}
}

func answers(t *testing.T, b *bench) {
	b.Put(t, "work", 140)
	q := b.query(t, b.Request(b.proxy.address(), "work"))
	if b.Secret != "" && strings.Contains(q.Server(), b.Secret) {
		t.Fatal("the server's name holds the secret")
	}
	r := b.open(t, q)
	b.wantValue(t, r, q, 140)
	b.Put(t, "work", 3)
	b.wantValue(t, r, q, 3)
}

func noData(t *testing.T, b *bench) {
	q := b.query(t, b.Request(b.proxy.address(), "nothing-there"))
	readings, err := read(t, b.open(t, q), q)
	if err != nil {
		t.Fatalf("what does not exist is no outage: %v", err)
	}
	if b.EmptyIsZero != (readings[0].Err == nil) || readings[0].Value != 0 {
		t.Fatalf("reading of what does not exist is %+v; the server says it is zero: %t", readings[0], b.EmptyIsZero)
	}
}

func batch(t *testing.T, b *bench) {
	var queries []sources.Query
	for i, name := range []string{"one", "two", "three", "four"} {
		b.Put(t, name, int64(i+1))
		queries = append(queries, b.query(t, b.Request(b.proxy.address(), name)))
		if queries[i].Server() != queries[0].Server() {
			t.Fatal("queries of one server with the same credentials have different names of the server")
		}
	}
	r := b.open(t, queries[0])
	for range 3 {
		readings, err := read(t, r, queries...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range readings {
			if readings[i].Err != nil || readings[i].Value != int64(i+1)*1000 {
				t.Fatalf("reading %d is %+v", i, readings[i])
			}
		}
	}
	if n := b.proxy.connections(); n > 2 {
		t.Fatalf("%d connections for 3 batches of 4 questions", n)
	}
}

func down(t *testing.T, b *bench) {
	b.Put(t, "work", 5)
	q := b.query(t, b.Request(b.proxy.address(), "work"))
	b.proxy.refuse()
	_ = b.wantOutage(t, b.open(t, q), q)
}

func slow(t *testing.T, b *bench) {
	b.Put(t, "work", 5)
	q := b.query(t, b.Request(b.proxy.address(), "work"))
	r := b.open(t, q)
	b.proxy.stall()
	_ = b.wantOutage(t, r, q)
	b.proxy.serve()
	eventually(t, func() bool { readings, err := read(t, r, q); return err == nil && readings[0].Value == 5000 })
}

func wrongAuth(t *testing.T, b *bench) {
	if b.BadAuth == nil {
		t.Skip("the server knows no credentials")
	}
	good, bad := b.query(t, b.Request(b.proxy.address(), "work")), b.query(t, b.BadAuth(b.proxy.address(), "work"))
	if good.Server() == bad.Server() {
		t.Fatal("queries with different credentials share a server's name, and so a connection")
	}
	if err := b.wantOutage(t, b.open(t, bad), bad); !sources.IsUnauthorized(err) {
		t.Fatalf("not told to be about credentials: %v", err)
	}
	b.Put(t, "work", 2)
	b.wantValue(t, b.open(t, good), good, 2)
}

func recovers(t *testing.T, b *bench) {
	b.Put(t, "work", 9)
	q := b.query(t, b.Request(b.proxy.address(), "work"))
	r := b.open(t, q)
	b.wantValue(t, r, q, 9)
	b.proxy.refuse()
	_ = b.wantOutage(t, r, q)
	b.proxy.serve()
	eventually(t, func() bool { readings, err := read(t, r, q); return err == nil && readings[0].Value == 9000 })
}

func spoiled(t *testing.T, b *bench) {
	if b.Spoil == nil {
		t.Skip("nothing can be of the wrong type")
	}
	b.Put(t, "good", 4)
	b.Spoil(t, "bad")
	good, bad := b.query(t, b.Request(b.proxy.address(), "good")), b.query(t, b.Request(b.proxy.address(), "bad"))
	readings, err := read(t, b.open(t, good), bad, good, bad)
	if err != nil {
		t.Fatalf("one bad question is no outage: %v", err)
	}
	if readings[0].Err == nil || readings[2].Err == nil {
		t.Fatalf("the bad question was answered: %+v", readings)
	}
	b.noSecret(t, readings[0].Err)
	if readings[1].Err != nil || readings[1].Value != 4000 {
		t.Fatalf("the good question got %+v", readings[1])
	}
}

// steadyErrors: an error goes into a status that is written when it changes, so it must not change from attempt to attempt.
func steadyErrors(t *testing.T, b *bench) {
	q := b.query(t, b.Request(b.proxy.address(), "work"))
	r := b.open(t, q)
	for name, fault := range map[string]func(){"refused": b.proxy.refuse, "stalled": b.proxy.stall} {
		fault()
		// The first error may be about the connection that was there before, and so may be the next one of a client that tries
		// by itself.
		_, _ = read(t, r, q)
		first, second := b.wantOutage(t, r, q), b.wantOutage(t, r, q)
		for attempt := 0; attempt < 3 && first.Error() != second.Error(); attempt++ {
			first, second = second, b.wantOutage(t, r, q)
		}
		if first.Error() != second.Error() {
			t.Errorf("%s: the error changes from attempt to attempt:\n%v\n%v", name, first, second)
		}
		if errors.Is(first, context.Canceled) {
			t.Errorf("%s: %v", name, first)
		}
		b.proxy.serve()
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("did not recover within 10 s")
}
