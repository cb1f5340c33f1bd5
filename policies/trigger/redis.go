package trigger

import "github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"

const forSentinel = "means something for trigger types redis-sentinel and redis-sentinel-streams only"

// redis scales on the length of a list, set, sorted set or hash. "redis-lists" is what KEDA's documentation calls the page.
func redis() Type { return redisList("redis", "of a server", "redis-lists") }

func redisCluster() Type { return redisList("redis-cluster", "of a Redis Cluster") }

func redisSentinel() Type { return redisList("redis-sentinel", "of the master that Sentinels name") }

// redisStreams scales on a stream: what a consumer group has not been given, what it was given and did not acknowledge, or
// the stream's length.
func redisStreams() Type { return redisStream("redis-streams", "of a server") }

func redisClusterStreams() Type { return redisStream("redis-cluster-streams", "of a Redis Cluster") }

func redisSentinelStreams() Type {
	return redisStream("redis-sentinel-streams", "of the master that Sentinels name")
}

func redisList(name, where string, aliases ...string) Type {
	return redisType(name, Type{
		Aliases: aliases,
		Doc:     "The length of a Redis list (or set, sorted set, hash) " + where + ".",
		Target:  "listLength", Activation: "activationListLength", Label: "listName",
		Params: []Param{
			{Name: "listName", Required: true, Doc: "The list."},
			{Name: "listLength", Form: Integer, Min: 1, Default: "5", Doc: "Items per pod."},
			{Name: "activationListLength", Form: Integer, Default: "0", Doc: "The trigger is active above this length."},
		},
	})
}

func redisStream(name, where string) Type {
	return redisType(name, Type{
		Doc:        "A Redis stream " + where + ": the lag of a consumer group, its pending entries, or the stream's length.",
		Target:     "streamLength",
		target:     StreamTarget,
		Activation: "activationLagCount", Label: "stream",
		Params: []Param{
			{Name: "stream", Required: true, Doc: "The stream."},
			{Name: "consumerGroup", Doc: "The consumer group; without it the stream's length counts."},
			{Name: "lagCount", Form: Integer, Min: 1, Doc: "Entries not yet given to the group, per pod. Needs Redis 7."},
			{Name: "pendingEntriesCount", Form: Integer, Min: 1, Default: "5",
				Doc: "Entries given to the group and not acknowledged, per pod; counts with consumerGroup and without lagCount."},
			{Name: "streamLength", Form: Integer, Min: 1, Default: "5", Doc: "Entries of the stream per pod; counts without consumerGroup."},
			{Name: "activationLagCount", Form: Integer, Default: "0", Doc: "The trigger is active above this number."},
		},
	})
}

// StreamTarget names the parameter that a trigger on a stream scales on: lagCount, pendingEntriesCount or streamLength.
func StreamTarget(t v1alpha1.Trigger) string {
	switch {
	case t.Metadata["consumerGroup"] == "":
		return "streamLength"
	case t.Metadata["lagCount"] != "":
		return "lagCount"
	default:
		return "pendingEntriesCount"
	}
}

// redisType adds to a type what all of Redis have: how the server is reached, which depends on the name.
func redisType(name string, t Type) Type {
	t.Name, t.Wakes, t.Unit = name, true, "waiting"
	t.OneOf = [][]string{{"address"}, {"host", "port"}}
	t.Params = append(redisAddress(), append(t.Params, redisAccess()...)...)
	switch name {
	case "redis-sentinel", "redis-sentinel-streams":
		t.Params = append(t.Params, database(),
			Param{Name: "sentinelMaster", Required: true, From: Env | Auth, Doc: "The master's name, as the Sentinels know it."},
			Param{Name: "sentinelUsername", From: Env | Auth, Doc: "The user at the Sentinels."},
			Param{Name: "sentinelPassword", Secret: true, From: Env | Auth, Doc: "The password at the Sentinels."})
		return t
	case "redis-cluster", "redis-cluster-streams":
		t.Refused = map[string]string{"databaseIndex": "a Redis Cluster has database 0 only"}
	default:
		t.Params = append(t.Params, database())
		t.Refused = map[string]string{}
	}
	for _, key := range []string{"sentinelMaster", "sentinelUsername", "sentinelPassword"} {
		t.Refused[key] = forSentinel
	}
	return t
}

func database() Param {
	return Param{Name: "databaseIndex", Form: Integer, Default: "0", Doc: "The database's number."}
}

func redisAddress() []Param {
	return []Param{
		{Name: "address", Aliases: []string{"addresses"}, Form: HostPorts, From: Env | Auth,
			Doc: "host:port of the server; of a cluster or of Sentinels several, separated by commas."},
		{Name: "host", Aliases: []string{"hosts"}, From: Env | Auth, Doc: "The server's host, or several, where address is not given."},
		{Name: "port", Aliases: []string{"ports"}, From: Env | Auth, Doc: "The port of each host."},
	}
}

func redisAccess() []Param {
	return []Param{
		{Name: "username", From: Env | Auth, Doc: "The user of an ACL."},
		{Name: "password", Secret: true, From: Env | Auth, Doc: "The password."},
		{Name: "enableTLS", Form: Boolean, Default: "false", Doc: "Whether to speak TLS."},
		{Name: "unsafeSsl", Form: Boolean, Default: "false", Doc: "Whether to accept any certificate."},
		{Name: "tls", Form: Choice, Legal: []string{"enable", "disable"}, From: OnlyAuth, Doc: "enableTLS, beside the credentials."},
		{Name: "ca", From: OnlyAuth, Doc: "The authority that signed the server's certificate, PEM."},
		{Name: "cert", Aliases: []string{"Cert"}, From: OnlyAuth, Doc: "The client's certificate, PEM."},
		{Name: "key", Secret: true, From: OnlyAuth, Doc: "The client's key, PEM."},
		{Name: "keyPassword", Secret: true, From: OnlyAuth, Doc: "What the client's key is encrypted with."},
	}
}
