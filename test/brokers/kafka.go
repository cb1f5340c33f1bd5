package brokers

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// KafkaUser and KafkaPassword are whom the SASL listener of a Kafka broker knows, by PLAIN and by SCRAM.
const (
	KafkaUser     = "plimsoll"
	KafkaPassword = "correct-horse-battery"
)

//go:embed kafka/log4j2.properties
var kafkaLog []byte

// Kafka is a broker that is its own controller, with a listener for each way to reach it.
type Kafka struct {
	// Plain speaks in the open, SASL wants a login, SSL speaks TLS, and Mutual wants a client's certificate too.
	Plain, SASL, SSL, Mutual string
	// Authority signed the broker's certificate, and is whom it trusts.
	Authority *Authority
	Admin     *kadm.Client

	client  *kgo.Client
	java    string
	jars    string
	dir     string
	process *Process
}

// StartKafka starts a broker of the jars in bin/kafka (make bin/kafka). It ends with the test.
func StartKafka(t testing.TB) *Kafka {
	t.Helper()
	k := &Kafka{
		Plain: FreeAddress(t), SASL: FreeAddress(t), SSL: FreeAddress(t), Mutual: FreeAddress(t),
		Authority: NewAuthority(t), java: Program(t, "java"), dir: t.TempDir(),
	}
	k.jars = jars(t)
	k.configure(t)
	k.format(t)
	var err error
	k.client, err = kgo.NewClient(kgo.SeedBrokers(k.Plain), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.UnknownTopicRetries(50))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.client.Close)
	k.Admin = kadm.NewClient(k.client)
	k.Start(t)
	return k
}

// jars gives the broker's class path.
func jars(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		pattern := filepath.Join(dir, "bin", "kafka", "*")
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return pattern
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if Required() {
		t.Fatal("PLIMSOLL_BROKERS=required, and there is no bin/kafka: make bin/kafka")
	}
	t.Skip("there is no bin/kafka here: make bin/kafka")
	return ""
}

// configure writes the broker's files.
func (k *Kafka) configure(t testing.TB) {
	t.Helper()
	pair := k.Authority.Issue(t, "broker")
	k.write(t, "log4j2.properties", string(kafkaLog))
	k.write(t, "broker.pem", pair.Key+pair.Cert)
	k.write(t, "ca.pem", k.Authority.CA)
	controller := FreeAddress(t)
	lines := []string{
		"process.roles=broker,controller", "node.id=1", "controller.quorum.voters=1@" + controller, "controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=PLAIN:PLAINTEXT,LOGIN:SASL_PLAINTEXT,SECURE:SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT",
		fmt.Sprintf("listeners=PLAIN://%s,LOGIN://%s,SECURE://%s,MUTUAL://%s,CONTROLLER://%s", k.Plain, k.SASL, k.SSL, k.Mutual, controller),
		"inter.broker.listener.name=PLAIN", "log.dirs=" + filepath.Join(k.dir, "data"),
		"sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
		jaas("plain", fmt.Sprintf("plain.PlainLoginModule required user_%s=%q", KafkaUser, KafkaPassword)),
		jaas("scram-sha-256", "scram.ScramLoginModule required"), jaas("scram-sha-512", "scram.ScramLoginModule required"),
		"ssl.keystore.type=PEM", "ssl.keystore.location=" + filepath.Join(k.dir, "broker.pem"),
		"ssl.truststore.type=PEM", "ssl.truststore.location=" + filepath.Join(k.dir, "ca.pem"),
		"listener.name.mutual.ssl.client.auth=required",
		"offsets.topic.replication.factor=1", "offsets.topic.num.partitions=1", "auto.create.topics.enable=false",
		"log.cleaner.dedupe.buffer.size=8388608",
	}
	k.write(t, "server.properties", strings.Join(lines, "\n"))
}

// jaas configures a mechanism of the listener that wants a login.
func jaas(mechanism, module string) string {
	return fmt.Sprintf("listener.name.login.%s.sasl.jaas.config=org.apache.kafka.common.security.%s;", mechanism, module)
}

func (k *Kafka) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// format makes the folder of the broker's data, with the users in it.
func (k *Kafka) format(t testing.TB) {
	t.Helper()
	args := []string{"format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", filepath.Join(k.dir, "server.properties")}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		args = append(args, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, KafkaUser, KafkaPassword))
	}
	if out, err := k.command("kafka.tools.StorageTool", args...).CombinedOutput(); err != nil {
		t.Fatalf("formatting Kafka's storage: %v\n%s", err, out)
	}
}

// command runs one of Kafka's classes, on a machine that may be busy with much else.
func (k *Kafka) command(class string, args ...string) *exec.Cmd {
	options := []string{
		"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dlog4j2.configurationFile=" + filepath.Join(k.dir, "log4j2.properties"), "-cp", k.jars, class,
	}
	return exec.Command(k.java, append(options, args...)...)
}

// Start starts the broker, again after Stop: its data is what it was.
func (k *Kafka) Start(t testing.TB) {
	t.Helper()
	k.process = Start(t, k.command("kafka.Kafka", filepath.Join(k.dir, "server.properties")))
	// A broker that is new makes the topic of committed offsets when it is first asked for a group's coordinator.
	k.process.Await(t, func(ctx context.Context) error { return k.Admin.FindGroupCoordinators(ctx, "anybody").Error() })
}

// Stop ends the broker as a power failure would.
func (k *Kafka) Stop() { k.process.Stop() }

// Freeze stops it where it is until Thaw: it accepts connections and never answers.
func (k *Kafka) Freeze(t testing.TB) { t.Helper(); k.process.Freeze(t) }

// Thaw lets it go on.
func (k *Kafka) Thaw(t testing.TB) { t.Helper(); k.process.Thaw(t) }

// CreateTopic makes a topic, unless it is there.
func (k *Kafka) CreateTopic(t testing.TB, topic string, partitions int32) {
	t.Helper()
	_, err := k.Admin.CreateTopic(t.Context(), partitions, 1, nil, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		t.Fatalf("creating topic %s: %v", topic, err)
	}
}

// Produce puts n messages into a partition.
func (k *Kafka) Produce(t testing.TB, topic string, partition int32, n int) {
	t.Helper()
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Partition: partition, Value: []byte("work")}
	}
	if err := k.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatalf("producing to topic %s: %v", topic, err)
	}
}

// Commit commits an offset for a group that has no members.
func (k *Kafka) Commit(t testing.TB, group, topic string, partition int32, offset int64) {
	t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(topic, partition, offset, -1)
	if err := k.Admin.CommitAllOffsets(t.Context(), group, offsets); err != nil {
		t.Fatalf("committing for group %s: %v", group, err)
	}
}

// End gives where a partition ends.
func (k *Kafka) End(t testing.TB, topic string, partition int32) int64 {
	t.Helper()
	ends, err := k.Admin.ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, partition)
	return end.Offset
}
