package kafka

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/conformance"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/scaling"
	"github.com/plimsoll-dev/plimsoll/test/brokers"
)

type data = map[string]string

func request(metadata, auth data) sources.Request {
	t := &v1alpha1.Trigger{Type: "kafka", Metadata: metadata}
	if auth != nil {
		t.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "kafka-auth", Kind: "Secret"}
	}
	return sources.Request{Namespace: "ns", Signal: &scaling.Signal{Name: "s", Kind: scaling.Trigger, TriggerRef: t}, Auth: auth}
}

func on(address, topic string, more ...string) data {
	m := data{"bootstrapServers": address, "consumerGroup": "group-" + topic, "topic": topic}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func login(mechanism, password string) data {
	return data{"sasl": mechanism, "username": brokers.KafkaUser, "password": password}
}

func open(t testing.TB, r sources.Request) (sources.Query, *reader) {
	t.Helper()
	q, err := Source{}.Query(r)
	if err != nil {
		t.Fatal(err)
	}
	reader := q.Open().(*reader)
	t.Cleanup(func() { _ = reader.Close() })
	return q, reader
}

// read gives the answer to one query; an outage is its error.
func read(r sources.Reader, q sources.Query) sources.Reading {
	readings, err := r.Read(context.Background(), []sources.Query{q})
	if err != nil {
		return sources.Reading{Err: err}
	}
	return readings[0]
}

// One broker serves all tests that need one: starting it is expensive.
func TestOnABroker(t *testing.T) {
	k := brokers.StartKafka(t)
	t.Run("conformance", func(t *testing.T) { conform(t, k) })
	for name, test := range map[string]func(*testing.T, *brokers.Kafka){
		"lag": lags, "ways in": waysIn, "messages": messages, "a partition is added": grows, "all topics of a group": allTopics,
		"a thousand groups and topics": thousand,
	} {
		t.Run(name, func(t *testing.T) { test(t, k) })
	}
	t.Run("broker stopped and started", func(t *testing.T) { restart(t, k) })
}

// conform runs the suite against the listener that wants a login. A broker names its own address to clients, so the source
// dials the suite's proxy whatever it is told.
func conform(t *testing.T, k *brokers.Kafka) {
	conformance.Run(t, func(*testing.T) conformance.Backend {
		var proxy atomic.Pointer[string]
		redirect := func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, *proxy.Load())
		}
		with := func(password string) func(address, name string) sources.Request {
			return func(address, name string) sources.Request {
				proxy.Store(&address)
				return request(on(address, name, "lagThreshold", "1000"), login("plaintext", password))
			}
		}
		return conformance.Backend{
			Source: Source{dial: redirect}, Address: k.SASL, Secret: brokers.KafkaPassword,
			Request: with(brokers.KafkaPassword), BadAuth: with("wrong"),
			Put: func(t *testing.T, name string, n int64) {
				k.CreateTopic(t, name, 1)
				k.Produce(t, name, 0, int(n))
				k.Commit(t, "group-"+name, name, 0, k.End(t, name, 0)-n)
			},
			Spoil: func(*testing.T, string) {}, // a topic that does not exist
		}
	})
}

// lags: topic "lag-of-three" has 3 partitions with 20, 5 and 0 messages; its group has committed as each test says.
func lags(t *testing.T, k *brokers.Kafka) {
	for name, test := range map[string]struct {
		committed map[int32]int64
		more      []string
		want      int64
	}{
		"from zero":                         {map[int32]int64{0: 0, 1: 0, 2: 0}, nil, 25},
		"some done":                         {map[int32]int64{0: 18, 1: 5, 2: 0}, nil, 2},
		"committed beyond the end":          {map[int32]int64{0: 100, 1: 0, 2: 0}, nil, 5},
		"no such group, latest":             {nil, nil, 3},
		"no such group, earliest":           {nil, []string{"offsetResetPolicy", "earliest"}, 25},
		"no such group, zero":               {nil, []string{"scaleToZeroOnInvalidOffset", "true"}, 0},
		"no such group, earliest, zero":     {nil, []string{"scaleToZeroOnInvalidOffset", "true", "offsetResetPolicy", "earliest"}, 0},
		"one partition without, latest":     {map[int32]int64{0: 20, 1: 0}, nil, 6},
		"capped by partitions":              {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"lagThreshold", "2"}, 6},
		"idle consumers":                    {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"lagThreshold", "2", "allowIdleConsumers", "true"}, 25},
		"capped by partitions with lag":     {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"lagThreshold", "2", "limitToPartitionsWithLag", "true"}, 4},
		"evenly":                            {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"lagThreshold", "15", "ensureEvenDistributionOfPartitions", "true"}, 45},
		"evenly, one is enough":             {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"lagThreshold", "30", "ensureEvenDistributionOfPartitions", "true"}, 30},
		"evenly, nothing waits":             {map[int32]int64{0: 20, 1: 5, 2: 0}, []string{"ensureEvenDistributionOfPartitions", "true"}, 0},
		"some partitions":                   {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"partitionLimitation", "1-2"}, 5},
		"persistent lag counts as it comes": {map[int32]int64{0: 0, 1: 0, 2: 0}, []string{"excludePersistentLag", "true"}, 25},
	} {
		t.Run(name, func(t *testing.T) {
			k.CreateTopic(t, "lag-of-three", 3)
			for p, n := range map[int32]int64{0: 20, 1: 5} {
				k.Produce(t, "lag-of-three", p, int(n-k.End(t, "lag-of-three", p)))
			}
			group := strings.ReplaceAll(name, " ", "-")
			for p, at := range test.committed {
				k.Commit(t, group, "lag-of-three", p, at)
			}
			q, r := open(t, request(on(k.Plain, "lag-of-three", append(test.more, "consumerGroup", group)...), nil))
			if got := read(r, q); got.Err != nil || got.Value != test.want*1000 {
				t.Fatalf("got %+v, want %d", got, test.want)
			}
		})
	}
	t.Run("messages deleted before they were read", func(t *testing.T) { deleted(t, k) })
}

// deleted: as in KEDA, what was deleted counts until the group commits anew; what a group without commits would get does not.
func deleted(t *testing.T, k *brokers.Kafka) {
	k.CreateTopic(t, "deleted", 1)
	k.Produce(t, "deleted", 0, 20)
	k.Commit(t, "behind", "deleted", 0, 0)
	var until kadm.Offsets
	until.AddOffset("deleted", 0, 15, -1)
	if _, err := k.Admin.DeleteRecords(t.Context(), until); err != nil {
		t.Fatal(err)
	}
	for group, want := range map[string]int64{"behind": 20, "new": 5} {
		q, r := open(t, request(on(k.Plain, "deleted", "consumerGroup", group, "offsetResetPolicy", "earliest", "lagThreshold", "100"), nil))
		if got := read(r, q); got.Err != nil || got.Value != want*1000 {
			t.Errorf("group %s: %+v, want %d", group, got, want)
		}
	}
}

func waysIn(t *testing.T, k *brokers.Kafka) {
	k.CreateTopic(t, "ways", 1)
	pair := k.Authority.Issue(t, "client")
	for name, test := range map[string]struct {
		address string
		auth    data
	}{
		"open":          {k.Plain, nil},
		"plain":         {k.SASL, login("plaintext", brokers.KafkaPassword)},
		"scram sha 256": {k.SASL, login("scram_sha256", brokers.KafkaPassword)},
		"scram sha 512": {k.SASL, login("scram_sha512", brokers.KafkaPassword)},
		"tls":           {k.SSL, data{"tls": "enable", "ca": k.Authority.CA}},
		"mutual tls":    {k.Mutual, data{"tls": "enable", "ca": k.Authority.CA, "cert": pair.Cert, "key": pair.Key}},
	} {
		t.Run(name, func(t *testing.T) {
			q, r := open(t, request(on(test.address, "ways"), test.auth))
			if got := read(r, q); got.Err != nil || got.Value != 1000 {
				t.Fatalf("got %+v", got)
			}
		})
	}
}

func messages(t *testing.T, k *brokers.Kafka) {
	k.CreateTopic(t, "words", 1)
	for name, test := range map[string]struct {
		address, topic string
		auth           data
		want           string
	}{
		"wrong password of plain":         {k.SASL, "words", login("plaintext", "wrong"), "refuses the credentials (SASL_AUTHENTICATION_FAILED)"},
		"wrong password of scram":         {k.SASL, "words", login("scram_sha512", "wrong"), "refuses the credentials (SASL_AUTHENTICATION_FAILED)"},
		"no login":                        {k.SASL, "words", nil, "closes the connection: it may want TLS (tls: enable), a client's certificate, or a login (sasl)"},
		"a login where there is none":     {k.Plain, "words", login("plaintext", "p"), "refuses the credentials (ILLEGAL_SASL_STATE)"},
		"another authority":               {k.SSL, "words", data{"tls": "enable", "ca": brokers.NewAuthority(t).CA}, "signed by an authority that ca does not hold"},
		"TLS where there is none":         {k.Plain, "words", data{"tls": "enable", "ca": k.Authority.CA}, "kafka " + k.Plain},
		"no TLS where there is":           {k.SSL, "words", nil, "kafka " + k.SSL},
		"no certificate where one is due": {k.Mutual, "words", data{"tls": "enable", "ca": k.Authority.CA}, "kafka " + k.Mutual},
		"no such topic":                   {k.Plain, "absent", nil, `topic "absent" does not exist`},
		"nobody there":                    {"127.0.0.1:1", "words", nil, "kafka 127.0.0.1:1 does not answer: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			q, r := open(t, request(on(test.address, test.topic), test.auth))
			first, second := read(r, q).Err, read(r, q).Err
			if first == nil || second == nil || !strings.Contains(first.Error(), test.want) {
				t.Fatalf("got %v, want %q in it", first, test.want)
			}
			if first.Error() != second.Error() {
				t.Errorf("the message changes:\n%v\n%v", first, second)
			}
		})
	}
}

func grows(t *testing.T, k *brokers.Kafka) {
	k.CreateTopic(t, "grows", 1)
	q, r := open(t, request(on(k.Plain, "grows"), nil))
	if got := read(r, q); got.Err != nil || got.Value != 1000 {
		t.Fatalf("one partition: %+v", got)
	}
	if _, err := k.Admin.UpdatePartitions(t.Context(), 4, "grows"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new partitions", func() (bool, sources.Reading) { got := read(r, q); return got.Value == 4000, got })
}

func allTopics(t *testing.T, k *brokers.Kafka) {
	m := data{"bootstrapServers": k.Plain, "consumerGroup": "of-both", "lagThreshold": "100"}
	q, r := open(t, request(m, nil))
	if got := read(r, q); got.Err == nil || !strings.Contains(got.Err.Error(), "committed no offsets") {
		t.Fatalf("a group that does not exist: %+v", got)
	}
	for topic, n := range map[string]int{"first": 3, "second": 4} {
		k.CreateTopic(t, topic, 1)
		k.Produce(t, topic, 0, n)
		k.Commit(t, "of-both", topic, 0, 0)
	}
	if got := read(r, q); got.Err != nil || got.Value != 7000 {
		t.Fatalf("got %+v, want 7", got)
	}
}

func restart(t *testing.T, k *brokers.Kafka) {
	k.CreateTopic(t, "restart", 1)
	k.Produce(t, "restart", 0, 5)
	k.Commit(t, "group-restart", "restart", 0, 0)
	q, r := open(t, request(on(k.Plain, "restart"), nil))
	if got := read(r, q); got.Err != nil || got.Value != 5000 {
		t.Fatalf("before: %+v", got)
	}
	k.Freeze(t)
	began := time.Now()
	if got := read(r, q); got.Err == nil || !strings.Contains(got.Err.Error(), "timed out") || time.Since(began) > 5*time.Second {
		t.Fatalf("after %s, from a broker that stands still: %+v", time.Since(began), got)
	}
	k.Thaw(t)
	eventually(t, "it goes on", func() (bool, sources.Reading) { got := read(r, q); return got.Value == 5000, got })
	k.Stop()
	if got := read(r, q); got.Err == nil {
		t.Fatalf("without a broker: %+v", got)
	}
	k.Start(t)
	eventually(t, "it is back", func() (bool, sources.Reading) { got := read(r, q); return got.Value == 5000, got })
}

func eventually(t *testing.T, what string, ok func() (bool, sources.Reading)) {
	t.Helper()
	var got sources.Reading
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var done bool
		if done, got = ok(); done {
			return
		}
	}
	t.Fatalf("did not come: %s; there is %+v", what, got)
}

// thousand: as many groups and topics are a few requests over two connections.
func thousand(t *testing.T, k *brokers.Kafka) {
	const n = 1000
	var dials atomic.Int32
	source := Source{dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	queries := many(t, k, source, n)
	r := queries[0].Open()
	defer func() { _ = r.Close() }()
	for range 3 {
		began := time.Now()
		readings, err := r.Read(t.Context(), queries)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d groups and topics in %s", n, time.Since(began))
		for i := range readings {
			if readings[i].Err != nil || readings[i].Value != 1000 {
				t.Fatalf("topic %d: %+v", i, readings[i])
			}
		}
	}
	if dials.Load() > 2 {
		t.Errorf("%d connections", dials.Load())
	}
}

func many(t testing.TB, k *brokers.Kafka, source Source, n int) []sources.Query {
	t.Helper()
	names := make([]string, n)
	queries := make([]sources.Query, n)
	for i := range names {
		names[i] = fmt.Sprintf("many-%d", i)
		q, err := source.Query(request(on(k.Plain, names[i]), nil))
		if err != nil {
			t.Fatal(err)
		}
		queries[i] = q
	}
	if _, err := k.Admin.CreateTopics(t.Context(), 1, 1, nil, names...); err != nil {
		t.Fatal(err)
	}
	return queries
}

func BenchmarkRead1000(b *testing.B) {
	k := brokers.StartKafka(b)
	queries := many(b, k, Source{}, 1000)
	r := queries[0].Open()
	defer func() { _ = r.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(b.Context(), queries); err != nil {
			b.Fatal(err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for name, test := range map[string]struct {
		change, auth data
		want         string
	}{
		"no group":               {data{"consumerGroup": ""}, nil, "consumerGroup is missing"},
		"no port":                {data{"bootstrapServers": "kafka"}, nil, "not of the form host:port"},
		"threshold":              {data{"lagThreshold": "0"}, nil, "not a whole number from 1"},
		"partitions":             {data{"partitionLimitation": "x"}, nil, "partitionLimitation"},
		"kerberos":               {nil, data{"sasl": "gssapi"}, `sasl "gssapi" is not served`},
		"no password":            {nil, data{"sasl": "plaintext", "username": "u"}, "needs username and password"},
		"tls":                    {nil, data{"tls": "yes"}, "legal are enable, disable"},
		"authority without tls":  {nil, data{"ca": "x"}, "need tls: enable"},
		"authority that is none": {data{"tls": "enable"}, data{"ca": "x"}, "ca holds no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			m := on("a:1", "t")
			maps.Copy(m, test.change)
			_, err := Source{}.Query(request(m, test.auth))
			if err == nil || !strings.Contains(err.Error(), test.want) || !failure.IsMistake(err) {
				t.Fatalf("got %v, want the user's mistake with %q", err, test.want)
			}
		})
	}
}

func TestPersistentLagIsLeftOutAndStaysActive(t *testing.T) {
	r := rules{threshold: 10, excludePersistent: true}
	now := time.Unix(0, 0)
	ms := memories{}
	q := &query{owner: "me", rules: r}
	at := func(committed int64) []position {
		return []position{{partition{"t", 0}, committed, 0, 50}, {partition{"t", 1}, 50, 0, 50}}
	}
	for i, step := range []struct {
		after     time.Duration
		committed int64
		want      int64
		active    scaling.Tristate
	}{
		{0, 40, 10_000, scaling.True}, {persistentAfter - time.Second, 40, 10_000, scaling.True}, {time.Second, 40, 0, scaling.True},
		{time.Second, 45, 5000, scaling.True}, {time.Second, 50, 0, scaling.False},
	} {
		now = now.Add(step.after)
		if got := r.answer(at(step.committed), ms.of(q, now), now); got.Value != step.want || got.Active != step.active {
			t.Errorf("step %d: %d, active %v, want %d, %v", i, got.Value, got.Active, step.want, step.active)
		}
	}
	ms.of(q, now).keep(at(50)[:1])
	if n := len(ms["me"].seen); n != 1 {
		t.Errorf("%d partitions are remembered, want 1", n)
	}
	if ms.forget(now.Add(forgetAfter + 1)); len(ms) != 0 {
		t.Errorf("%d memories are left", len(ms))
	}
}

// TestAllLagActivates: no limit on the pods changes whether there is work, as with KEDA.
func TestAllLagActivates(t *testing.T) {
	for name, test := range map[string]struct {
		rules  rules
		want   int64
		active scaling.Tristate
	}{
		"capped below the activation":  {rules{threshold: 2, activation: 10_000}, 6000, scaling.True},
		"at the activation":            {rules{threshold: 10, activation: 25_000}, 25_000, scaling.False},
		"above it":                     {rules{threshold: 10, activation: 24_000}, 25_000, scaling.True},
		"rounded up beyond it":         {rules{threshold: 15, activation: 30_000, even: true}, 45_000, scaling.False},
		"limited to those with lag":    {rules{threshold: 5, activation: 20_000, withLag: true}, 10_000, scaling.True},
		"idle consumers, no threshold": {rules{threshold: 2, idle: true}, 25_000, scaling.True},
	} {
		positions := []position{{partition{"t", 0}, 0, 0, 20}, {partition{"t", 1}, 0, 0, 5}, {partition{"t", 2}, 0, 0, 0}}
		if got := test.rules.answer(positions, nil, time.Unix(0, 0)); got.Value != test.want || got.Active != test.active {
			t.Errorf("%s: %d, active %v, want %d, %v", name, got.Value, got.Active, test.want, test.active)
		}
	}
}

func TestLimitsSaturate(t *testing.T) {
	r := rules{threshold: math.MaxInt64}
	if got := r.limit(math.MaxInt64, 3, 3); got != math.MaxInt64 || milli(got) != math.MaxInt64 {
		t.Errorf("got %d", got)
	}
}
