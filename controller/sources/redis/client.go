package redis

import (
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Limits of one attempt. Retries are the caller's business: it knows the back-off of the server.
const (
	dialTimeout = 2 * time.Second
	readTimeout = time.Second
	// bufferBytes holds a few hundred lengths; larger batches fill it more than once.
	bufferBytes = 8 << 10
	// redirects are followed while a cluster moves slots.
	redirects = 2
)

// newClient makes the client of an arrangement.
func newClient(a access) goredis.UniversalClient {
	o := options(a)
	switch a.topology {
	case Cluster:
		return goredis.NewClusterClient(o.Cluster())
	case Sentinel:
		return goredis.NewFailoverClient(o.Failover())
	default:
		return goredis.NewClient(o.Simple())
	}
}

func options(a access) *goredis.UniversalOptions {
	return &goredis.UniversalOptions{
		Addrs:            a.addresses,
		MasterName:       a.sentinel.master,
		SentinelUsername: a.sentinel.username,
		SentinelPassword: a.sentinel.password,
		Username:         a.username,
		Password:         a.password,
		DB:               a.database,
		// Protocol 2 needs no HELLO, so that an old server costs no second round trip.
		Protocol:              2,
		DisableIdentity:       true,
		MaxRetries:            -1,
		MaxRedirects:          redirects,
		DialTimeout:           dialTimeout,
		DialerRetries:         1,
		ReadTimeout:           readTimeout,
		WriteTimeout:          readTimeout,
		ContextTimeoutEnabled: true,
		// One batch at a time, so one connection for each node.
		PoolSize:                 1,
		PipelinePoolSize:         -1,
		ReadBufferSize:           bufferBytes,
		WriteBufferSize:          bufferBytes,
		TLSConfig:                a.tls.Config,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}
