package trigger

import "slices"

// catalogue lists the types that are served. A new type is a file and a line here; nothing else needs to know.
func catalogue() []Type {
	return []Type{
		apacheKafka(),
		cpu(),
		cron(),
		external(),
		externalPush(),
		kafka(),
		kubernetesWorkload(),
		memory(),
		natsJetStream(),
		prometheus(),
		redis(),
		redisCluster(),
		redisClusterStreams(),
		redisSentinel(),
		redisSentinelStreams(),
		redisStreams(),
	}
}

// Lookup finds a type by its name or an alias: one with a source of our own, else one of the long tail.
func Lookup(name string) (Type, bool) {
	for _, t := range catalogue() {
		if t.Name == name || slices.Contains(t.Aliases, name) {
			return t, true
		}
	}
	return longTail(name)
}

// Names lists the types with a source of our own, sorted, aliases left out.
func Names() []string {
	var names []string
	for _, t := range catalogue() {
		names = append(names, t.Name)
	}
	slices.Sort(names)
	return names
}

// All lists the types with a source of our own, for references that are generated from the catalogue.
func All() []Type { return catalogue() }
