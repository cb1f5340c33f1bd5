package redis

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	goredis "github.com/redis/go-redis/v9"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

// TestMain: what the client says by itself is in the errors as well.
func TestMain(m *testing.M) {
	LogTo(logr.Discard())
	m.Run()
}

func of(kind string, metadata, auth map[string]string) sources.Request {
	r := request(metadata, auth)
	r.Signal = &scaling.Signal{Kind: scaling.Trigger, TriggerRef: &v1alpha1.Trigger{
		Type: kind, Metadata: metadata, AuthenticationRef: r.Signal.TriggerRef.AuthenticationRef,
	}}
	return r
}

func queryOf(t *testing.T, s Source, r sources.Request) sources.Query {
	t.Helper()
	q, err := s.Query(r)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func openFor(t *testing.T, q sources.Query) sources.Reader {
	t.Helper()
	reader := q.Open()
	t.Cleanup(func() { _ = reader.Close() })
	return reader
}

// value reads one query and gives its value in units, or what stands in the way.
func value(t *testing.T, r sources.Reader, q sources.Query) (int64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	readings, err := r.Read(ctx, []sources.Query{q})
	if err != nil {
		return 0, err
	}
	return readings[0].Value / 1000, readings[0].Err
}

func do(t *testing.T, c goredis.UniversalClient, args ...any) {
	t.Helper()
	if err := c.Do(t.Context(), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}

// TestWhatHasALength: KEDA counts sets, sorted sets and hashes under the name of a list as well.
func TestWhatHasALength(t *testing.T) {
	c := brokers.StartRedis(t, "")
	do(t, c.Client, "SADD", "set", "a", "b")
	do(t, c.Client, "ZADD", "sorted", "1", "a", "2", "b", "3", "c")
	do(t, c.Client, "HSET", "hash", "k", "v")
	do(t, c.Client, "RPUSH", "list", "1", "2", "3", "4")
	want := map[string]int64{"set": 2, "sorted": 3, "hash": 1, "list": 4, "nothing": 0}
	var queries []sources.Query
	var names []string
	for name := range want {
		names = append(names, name)
		queries = append(queries, queryOf(t, Source{}, request(listAt(c.Address, name), nil)))
	}
	reader := openFor(t, queries[0])
	for range 2 { // the second time it is known what they are
		readings, err := reader.Read(t.Context(), queries)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			if readings[i].Err != nil || readings[i].Value != want[name]*1000 {
				t.Errorf("%s: %+v, want %d", name, readings[i], want[name])
			}
		}
	}
	do(t, c.Client, "DEL", "set")
	do(t, c.Client, "RPUSH", "set", "now", "a", "list")
	if n, err := value(t, reader, queryOf(t, Source{}, request(listAt(c.Address, "set"), nil))); n != 3 || err != nil {
		t.Errorf("a set that became a list: %d, %v, want 3", n, err)
	}
}

func TestStreams(t *testing.T) {
	c := brokers.StartRedis(t, "")
	fill := func(stream string, n int) {
		for i := range n {
			do(t, c.Client, "XADD", stream, "*", "n", i)
		}
	}
	fill("orders", 10)
	do(t, c.Client, "XGROUP", "CREATE", "orders", "workers", "0")
	do(t, c.Client, "XREADGROUP", "GROUP", "workers", "one", "COUNT", "4", "STREAMS", "orders", ">")
	do(t, c.Client, "XGROUP", "CREATE", "orders", "lost", "0")
	fill("cut", 5)
	do(t, c.Client, "XGROUP", "CREATE", "cut", "workers", "0")
	first, err := c.Client.XRange(t.Context(), "cut", "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	do(t, c.Client, "XREADGROUP", "GROUP", "workers", "one", "COUNT", "1", "STREAMS", "cut", ">")
	do(t, c.Client, "XDEL", "cut", first[3].ID)
	do(t, c.Client, "SET", "text", "x")
	for name, test := range map[string]struct {
		metadata map[string]string
		want     int64
		wrong    string
	}{
		"length":                         {metadata: map[string]string{"stream": "orders"}, want: 10},
		"length of nothing":              {metadata: map[string]string{"stream": "nothing"}, want: 0},
		"length of a text":               {metadata: map[string]string{"stream": "text"}, wrong: `key "text" is not a stream (WRONGTYPE)`},
		"pending":                        {metadata: map[string]string{"stream": "orders", "consumerGroup": "workers"}, want: 4},
		"pending of no group":            {metadata: map[string]string{"stream": "orders", "consumerGroup": "nobody"}, wrong: `consumer group "nobody" (NOGROUP)`},
		"lag":                            {metadata: map[string]string{"stream": "orders", "consumerGroup": "workers", "lagCount": "5"}, want: 6},
		"lag of a group that began":      {metadata: map[string]string{"stream": "orders", "consumerGroup": "lost", "lagCount": "5"}, want: 10},
		"lag of a group not made yet":    {metadata: map[string]string{"stream": "orders", "consumerGroup": "nobody", "lagCount": "5"}, want: 10},
		"lag of no stream":               {metadata: map[string]string{"stream": "nothing", "consumerGroup": "workers", "lagCount": "5"}, want: 0},
		"lag where entries were deleted": {metadata: map[string]string{"stream": "cut", "consumerGroup": "workers", "lagCount": "5"}, wrong: "does not know the lag"},
		"lag of what is not a stream":    {metadata: map[string]string{"stream": "text", "consumerGroup": "workers", "lagCount": "5"}, wrong: "not a stream"},
	} {
		t.Run(name, func(t *testing.T) {
			test.metadata["address"] = c.Address
			q := queryOf(t, Source{Streams: true}, of("redis-streams", test.metadata, nil))
			got, err := value(t, openFor(t, q), q)
			switch {
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Fatalf("got %d, %v, want an error with %q", got, err, test.wrong)
			case test.wrong == "" && (err != nil || got != test.want):
				t.Fatalf("got %d, %v, want %d", got, err, test.want)
			}
		})
	}
}

// TestOldServersTellNoLag: what is missing is not 0.
func TestOldServersTellNoLag(t *testing.T) {
	if _, err := lagOf(fieldsOf([]any{"name", "workers", "pending", int64(3)})); err == nil {
		t.Fatal("a lag that is not told is a number")
	}
	s := stream{key: "orders", group: "workers", by: "lagCount"}
	if text := s.explain(errTooOld).Error(); !strings.Contains(text, "Redis 7") {
		t.Fatal(text)
	}
}

func TestCluster(t *testing.T) {
	nodes := brokers.StartRedisCluster(t, 3, password)
	all := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{nodes[0].Address}, Password: password, Protocol: 2, DisableIdentity: true})
	defer func() { _ = all.Close() }()
	auth := map[string]string{"password": password}
	const n = 60
	lists, streams := make([]sources.Query, n), queryOf(t, Source{Topology: Cluster, Streams: true}, of("redis-cluster-streams",
		map[string]string{"addresses": nodes[1].Address + ", " + nodes[2].Address, "stream": "orders", "consumerGroup": "workers", "lagCount": "5"}, auth))
	for i := range lists {
		name := fmt.Sprintf("list-%d", i)
		for range i%5 + 1 {
			do(t, all, "RPUSH", name, "x")
		}
		lists[i] = queryOf(t, Source{Topology: Cluster}, of("redis-cluster", map[string]string{"address": nodes[0].Address, "listName": name}, auth))
	}
	for range 7 {
		do(t, all, "XADD", "orders", "*", "k", "v")
	}
	do(t, all, "XGROUP", "CREATE", "orders", "workers", "0")
	if got, err := value(t, openFor(t, streams), streams); got != 7 || err != nil {
		t.Errorf("lag in a cluster: %d, %v, want 7", got, err)
	}
	reader := openFor(t, lists[0])
	readings, err := reader.Read(t.Context(), lists)
	if err != nil {
		t.Fatal(err)
	}
	for i := range readings {
		if readings[i].Err != nil || readings[i].Value != int64(i%5+1)*1000 {
			t.Fatalf("list %d: %+v, want %d", i, readings[i], i%5+1)
		}
	}

	nodes[2].Stop()
	lost := 0
	for attempt := range 20 { // until the client has noticed
		if readings, err = reader.Read(t.Context(), lists); err != nil {
			t.Fatalf("attempt %d: one node of three takes all with it: %v", attempt, err)
		}
		lost = 0
		for i := range readings {
			if readings[i].Err != nil {
				lost++
			} else if readings[i].Value != int64(i%5+1)*1000 {
				t.Fatalf("list %d: %+v, want %d or an error", i, readings[i], i%5+1)
			}
		}
	}
	if lost == 0 || lost == n {
		t.Fatalf("%d of %d lists have no answer while one node of three is down", lost, n)
	}
	nodes[0].Stop()
	nodes[1].Stop()
	if _, err = reader.Read(t.Context(), lists); err == nil {
		t.Fatal("a cluster that is down answers")
	}
}

func TestSentinel(t *testing.T) {
	master := brokers.StartRedis(t, password)
	replica := brokers.StartRedisReplica(t, master, password)
	address := brokers.StartRedisSentinel(t, "main", master, password)
	do(t, master.Client, "RPUSH", "q", "1", "2", "3")
	if n, err := master.Client.Wait(t.Context(), 1, 10*time.Second).Result(); n != 1 || err != nil {
		t.Fatalf("%d replicas have the list, %v, want 1", n, err) // replication is behind by itself, and what is lost is lost
	}
	auth := map[string]string{"password": password}
	metadata := map[string]string{"address": address, "sentinelMaster": "main", "listName": "q"}
	q := queryOf(t, Source{Topology: Sentinel}, of("redis-sentinel", metadata, auth))
	reader := openFor(t, q)
	if n, err := value(t, reader, q); n != 3 || err != nil {
		t.Fatalf("got %d, %v, want 3", n, err)
	}

	unknown := queryOf(t, Source{Topology: Sentinel}, of("redis-sentinel", map[string]string{"address": address, "sentinelMaster": "other", "listName": "q"}, auth))
	if _, err := value(t, openFor(t, unknown), unknown); err == nil || !strings.Contains(err.Error(), "no master of this name") {
		t.Errorf("a master nobody knows: %v", err)
	}

	// The replica is known to the Sentinel within its next INFO, at most 10 s; then it takes over.
	sentinel := goredis.NewSentinelClient(&goredis.Options{Addr: address, Protocol: 2, DisableIdentity: true})
	defer func() { _ = sentinel.Close() }()
	replica.Await(t, func(ctx context.Context) error {
		known, err := sentinel.Replicas(ctx, "main").Result()
		if err == nil && len(known) == 0 {
			return fmt.Errorf("the Sentinel does not know the replica yet")
		}
		return err
	})
	master.Stop()
	replica.Await(t, func(context.Context) error {
		n, err := value(t, reader, q)
		if err == nil && n != 3 {
			t.Fatalf("after the failover %d are waiting, want 3", n)
		}
		return err
	})
}

func TestTLS(t *testing.T) {
	authority := brokers.NewAuthority(t)
	server, client := authority.Issue(t, "server"), authority.Issue(t, "client")
	files := authority.WriteFiles(t, server)
	port := brokers.FreePort(t)
	plain := brokers.StartRedis(t, "", "--tls-port", fmt.Sprint(port), "--tls-cert-file", files.Cert, "--tls-key-file", files.Key,
		"--tls-ca-cert-file", files.CA, "--tls-auth-clients", "yes")
	do(t, plain.Client, "RPUSH", "q", "1", "2")
	secure := fmt.Sprintf("127.0.0.1:%d", port)
	for name, test := range map[string]struct {
		address string
		more    map[string]string
		auth    map[string]string
		wrong   string
	}{
		"mutual":              {secure, map[string]string{"enableTLS": "true"}, map[string]string{"ca": authority.CA, "cert": client.Cert, "key": client.Key}, ""},
		"beside credentials":  {secure, nil, map[string]string{"tls": "enable", "ca": authority.CA, "cert": client.Cert, "key": client.Key}, ""},
		"any certificate":     {secure, map[string]string{"enableTLS": "true", "unsafeSsl": "true"}, map[string]string{"cert": client.Cert, "key": client.Key}, ""},
		"no client's":         {secure, map[string]string{"enableTLS": "true"}, map[string]string{"ca": authority.CA}, "does not answer"},
		"another's authority": {secure, map[string]string{"enableTLS": "true"}, map[string]string{"ca": brokers.NewAuthority(t).CA, "cert": client.Cert, "key": client.Key}, "unknown authority"},
		"TLS to a plain port": {plain.Address, map[string]string{"enableTLS": "true"}, map[string]string{"ca": authority.CA}, "does not answer"},
		"plain to a TLS port": {secure, nil, nil, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			metadata := listAt(test.address, "q")
			maps.Copy(metadata, test.more)
			q := queryOf(t, Source{}, request(metadata, test.auth))
			n, err := value(t, openFor(t, q), q)
			switch {
			case test.wrong == "" && (err != nil || n != 2):
				t.Fatalf("got %d, %v, want 2", n, err)
			case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
				t.Fatalf("got %d, %v, want an error with %q", n, err, test.wrong)
			}
		})
	}
}
