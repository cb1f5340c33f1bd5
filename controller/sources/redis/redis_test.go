package redis

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/redistest"
)

const password = "correct-horse-battery"

func request(metadata map[string]string, auth map[string]string) sources.Request {
	t := &v1alpha1.Trigger{Type: "redis", Metadata: metadata}
	if auth != nil {
		t.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "redis-auth", Kind: "Secret"}
	}
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Kind: scaling.Trigger, TriggerRef: t}, Auth: auth}
}

func listAt(address, name string) map[string]string {
	return map[string]string{"address": address, "listName": name}
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Backend {
		server := redistest.Start(t, password)
		t.Logf("real redis-server: %t", server.Real)
		return conformance.Backend{
			Source: Source{}, Address: server.Address, Secret: password, EmptyIsZero: true,
			Request: func(address, name string) sources.Request {
				return request(listAt(address, name), map[string]string{"password": password})
			},
			BadAuth: func(address, name string) sources.Request {
				return request(listAt(address, name), map[string]string{"password": "wrong"})
			},
			Put: func(t *testing.T, name string, n int64) { server.Fill(t, name, int(n)) },
			Spoil: func(t *testing.T, name string) {
				if err := server.Client.Set(context.Background(), name, "text", 0).Err(); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestMessages(t *testing.T) {
	server := redistest.Start(t, password)
	if err := server.Client.Set(context.Background(), "text", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		request sources.Request
		want    string
	}{
		"wrong password": {request(listAt(server.Address, "q"), map[string]string{"password": "wrong"}), "refuses the credentials (WRONGPASS)"},
		"no password":    {request(listAt(server.Address, "q"), nil), "wants a password and the trigger gives none"},
		"wrong type":     {request(listAt(server.Address, "text"), map[string]string{"password": password}), `key "text" is no list, set, sorted set or hash (WRONGTYPE)`},
		"nobody there":   {request(listAt("127.0.0.1:1", "q"), nil), "redis 127.0.0.1:1 does not answer: connection refused"},
		"no such host":   {request(listAt("redis.invalid:6379", "q"), nil), "redis redis.invalid:6379 does not answer: "},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := Source{}.Query(test.request)
			if err != nil {
				t.Fatal(err)
			}
			reader := q.Open()
			defer func() { _ = reader.Close() }()
			readings, err := reader.Read(context.Background(), []sources.Query{q})
			if err == nil {
				err = readings[0].Err
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		metadata, auth map[string]string
		want           string
	}{
		"no server":             {map[string]string{"listName": "q"}, nil, "the server is missing"},
		"no port":               {map[string]string{"listName": "q", "address": "redis"}, nil, "not of the form host:port"},
		"no list":               {map[string]string{"address": "a:1"}, nil, "listName is missing"},
		"secret without keys":   {listAt("a:1", "q"), map[string]string{"passwd": "x"}, "has none of the keys"},
		"empty password":        {listAt("a:1", "q"), map[string]string{"password": ""}, "key password is empty"},
		"user without password": {listAt("a:1", "q"), map[string]string{"username": "u"}, "password is missing"},
		"from the environment":  {map[string]string{"addressFromEnv": "REDIS", "listName": "q"}, nil, "has no value"},
		"database":              {map[string]string{"address": "a:1", "listName": "q", "databaseIndex": "-1"}, nil, "databaseIndex"},
		"authority":             {map[string]string{"address": "a:1", "listName": "q", "enableTLS": "true"}, map[string]string{"ca": "x"}, "ca holds no certificate"},
		"half a pair":           {map[string]string{"address": "a:1", "listName": "q", "enableTLS": "true"}, map[string]string{"cert": "x"}, "one of them is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Source{}.Query(request(test.metadata, test.auth))
			if err == nil || !strings.Contains(err.Error(), test.want) || !failure.IsMistake(err) {
				t.Fatalf("got %v, want the user's mistake with %q", err, test.want)
			}
		})
	}
}

func TestParametersFromTheSecret(t *testing.T) {
	q, err := Source{}.Query(request(map[string]string{"listName": "q"}, map[string]string{"host": "redis", "port": "6380", "password": "p"}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(q.Server(), "redis://redis:6380/0#") {
		t.Fatalf("server is %s", q.Server())
	}
}

func TestAThousandListsAreOneConnectionAndOneRoundTrip(t *testing.T) {
	server := redistest.Start(t, "")
	const n = 1000
	queries := make([]sources.Query, n)
	for i := range queries {
		name := fmt.Sprintf("list-%d", i)
		server.Fill(t, name, i%7)
		q, err := Source{}.Query(request(listAt(server.Address, name), nil))
		if err != nil {
			t.Fatal(err)
		}
		queries[i] = q
	}
	reader := queries[0].Open()
	defer func() { _ = reader.Close() }()
	readings, err := reader.Read(context.Background(), queries)
	if err != nil {
		t.Fatal(err)
	}
	for i := range readings {
		if readings[i].Err != nil || readings[i].Value != int64(i%7)*1000 {
			t.Fatalf("list %d: %+v", i, readings[i])
		}
	}
}

func BenchmarkRead1000(b *testing.B) {
	server := redistest.Start(b, "")
	queries := make([]sources.Query, 1000)
	for i := range queries {
		queries[i], _ = Source{}.Query(request(listAt(server.Address, fmt.Sprint(i)), nil))
	}
	reader := queries[0].Open()
	defer func() { _ = reader.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := reader.Read(context.Background(), queries); err != nil {
			b.Fatal(err)
		}
	}
}
