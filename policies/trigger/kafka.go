package trigger

import (
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// Why some of KEDA's keys and mechanisms have no meaning here.
const (
	noKerberos = "belongs to Kerberos (sasl: gssapi), which is not served; legal are plaintext, scram_sha256, scram_sha512 " +
		"and client certificates"
	noAWS   = "belongs to IAM of AWS MSK, which is not served; MSK serves scram_sha512 and client certificates as well"
	noOAuth = "belongs to sasl: oauthbearer, which is not served; legal are plaintext, scram_sha256, scram_sha512 " +
		"and client certificates"
)

// kafka scales on the lag of a consumer group.
func kafka() Type {
	t := kafkaLike("kafka", "One topic; without it, all that the group has committed offsets of.")
	t.Refused = map[string]string{
		"saslTokenProvider": noOAuth, "scopes": noOAuth, "oauthTokenEndpointUri": noOAuth, "oauthExtensions": noOAuth,
		"keytab": noKerberos, "ccacheName": noKerberos, "realm": noKerberos, "kerberosConfig": noKerberos,
		"kerberosServiceName": noKerberos, "kerberosDisableFAST": noKerberos,
		"awsRegion": noAWS,
	}
	t.Params = append(t.Params,
		Param{
			Name: "sasl", Form: Choice, From: Auth,
			Legal: []string{"none", "plaintext", "scram_sha256", "scram_sha512", "oauthbearer", "gssapi"},
			Doc:   "How to log in. Of these, oauthbearer and gssapi are not served.",
		},
		Param{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate."},
		Param{Name: "fullMetadata", Form: Boolean, Default: "true",
			Doc: "KEDA's choice between the metadata of all topics and of one. Here only the topics that are asked for are ever read."},
		Param{Name: "version", Doc: "The broker's version, for KEDA's client. Here client and broker agree on one by themselves."},
	)
	return t
}

// apacheKafka is KEDA's second way to the same number.
func apacheKafka() Type {
	t := kafkaLike("apache-kafka", "One topic, or several with commas between; without it, all that the group has committed offsets of.")
	t.Refused = map[string]string{"awsRegion": noAWS}
	t.Params = append(t.Params, Param{
		Name: "sasl", Form: Choice, Default: "none", From: Auth,
		Legal: []string{"none", "plaintext", "scram_sha256", "scram_sha512", "gssapi", "aws_msk_iam"},
		Doc:   "How to log in. Of these, gssapi and aws_msk_iam are not served.",
	})
	return t
}

func kafkaLike(name, topic string) Type {
	return Type{
		Name:   name,
		Doc:    "The lag of a Kafka consumer group: messages that it has not committed yet.",
		Target: "lagThreshold", Activation: "activationLagThreshold", Label: "topic",
		Unit:  "waiting",
		Wakes: true,
		check: checkKafka,
		Params: []Param{
			{Name: "bootstrapServers", Form: HostPorts, Required: true, From: Env, Doc: "host:port of one or more brokers, with commas between."},
			{Name: "consumerGroup", Required: true, From: Env, Doc: "The consumer group."},
			{Name: "topic", From: Env, Doc: topic},
			{Name: "partitionLimitation", Doc: "The partitions to look at, such as 1,3,5-9; without it, all of the topic."},
			{Name: "lagThreshold", Form: Integer, Min: 1, Default: "10", Doc: "Lag per pod."},
			{Name: "activationLagThreshold", Form: Integer, Default: "0", Doc: "The trigger is active above this lag."},
			{Name: "offsetResetPolicy", Form: Choice, Legal: []string{"latest", "earliest"}, Default: "latest",
				Doc: "What a partition without a committed offset counts: 1 (latest), or all that it holds (earliest)."},
			{Name: "allowIdleConsumers", Form: Boolean, Default: "false", Doc: "Whether there may be more pods than partitions."},
			{Name: "limitToPartitionsWithLag", Form: Boolean, Default: "false",
				Doc: "Whether there are to be no more pods than partitions with lag."},
			{Name: "ensureEvenDistributionOfPartitions", Form: Boolean, Default: "false",
				Doc: "Whether the number of pods is to divide the number of partitions."},
			{Name: "excludePersistentLag", Form: Boolean, Default: "false",
				Doc: "Whether to leave out partitions whose committed offset has not moved for 30 seconds."},
			{Name: "scaleToZeroOnInvalidOffset", Form: Boolean, Default: "false",
				Doc: "Whether a partition without a committed offset counts nothing."},
			{Name: "username", From: OnlyAuth, Doc: "The user."},
			{Name: "password", Secret: true, From: OnlyAuth, Doc: "The password."},
			{Name: "tls", Form: Choice, Legal: []string{"enable", "disable"}, Default: "disable", From: Auth, Doc: "Whether to speak TLS."},
			{Name: "ca", From: OnlyAuth, Doc: "The authority that signed the brokers' certificates, PEM."},
			{Name: "cert", From: OnlyAuth, Doc: "The client's certificate, PEM."},
			{Name: "key", Secret: true, From: OnlyAuth, Doc: "The client's key, PEM."},
			{Name: "keyPassword", Secret: true, From: OnlyAuth, Doc: "What the client's key is encrypted with."},
		},
	}
}

var kafkaTopic = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// checkKafka checks what one parameter alone does not show.
func checkKafka(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	for _, check := range []checkFunc{checkKafkaValues, checkKafkaOptions} {
		if err := check(t, metadata); err != nil {
			return err
		}
	}
	return nil
}

func checkKafkaValues(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	m := t.Metadata
	for _, topic := range kafkaTopics(t) {
		if !kafkaTopic.MatchString(topic) {
			return field.Invalid(metadata.Key("topic"), m["topic"], "legal are up to 249 letters, digits, dots, underscores and hyphens")
		}
	}
	if _, err := Partitions(m["partitionLimitation"]); err != nil {
		return field.Invalid(metadata.Key("partitionLimitation"), m["partitionLimitation"], err.Error())
	}
	switch m["sasl"] {
	case "oauthbearer":
		return field.Forbidden(metadata.Key("sasl"), noOAuth)
	case "gssapi":
		return field.Forbidden(metadata.Key("sasl"), noKerberos)
	case "aws_msk_iam":
		return field.Forbidden(metadata.Key("sasl"), noAWS)
	}
	return nil
}

// kafkaTopics lists the topics. Only apache-kafka takes several.
func kafkaTopics(t v1alpha1.Trigger) []string {
	switch topic := t.Metadata["topic"]; {
	case topic == "":
		return nil
	case t.Type == "apache-kafka":
		return strings.Split(topic, ",")
	default:
		return []string{topic}
	}
}

func checkKafkaOptions(t v1alpha1.Trigger, metadata *field.Path) *field.Error {
	on := func(name string) bool {
		value, err := strconv.ParseBool(t.Metadata[name])
		return err == nil && value
	}
	const withLag, even = "limitToPartitionsWithLag", "ensureEvenDistributionOfPartitions"
	switch {
	case on(withLag) && on("allowIdleConsumers"):
		return field.Forbidden(metadata.Key(withLag), "and allowIdleConsumers contradict each other")
	case on(withLag) && on(even):
		return field.Forbidden(metadata.Key(withLag), "and "+even+" contradict each other")
	case t.Metadata["topic"] != "" || t.Metadata["topic"+EnvSuffix] != "":
		return nil
	case on(withLag):
		return field.Forbidden(metadata.Key(withLag), "means something with a topic only")
	case on(even):
		return field.Forbidden(metadata.Key(even), "means something with a topic only")
	case t.Metadata["partitionLimitation"] != "":
		return field.Forbidden(metadata.Key("partitionLimitation"), "means something with a topic only")
	}
	return nil
}
