package redis

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	goredis "github.com/redis/go-redis/v9"
)

// LogTo sends what the Redis client says by itself to a log, at the level of every step: each of it is in an error as well,
// which the Scaler's conditions tell. Without it the client writes to standard error. It is for the whole process.
func LogTo(log logr.Logger) { goredis.SetLogger(clientLog{log.V(2)}) }

type clientLog struct{ log logr.Logger }

// Printf is the client's way of logging.
func (l clientLog) Printf(_ context.Context, format string, v ...any) {
	if l.log.Enabled() {
		l.log.Info("redis client", "said", fmt.Sprintf(format, v...))
	}
}
