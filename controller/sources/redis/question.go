package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	goredis "github.com/redis/go-redis/v9"

	"github.com/plimsoll-dev/plimsoll/controller/sources"
)

// question is what is asked of one key. It may be asked again and again.
type question interface {
	// ask puts commands into a pipeline and gives what reads their answers once it has run.
	ask(context.Context, goredis.Pipeliner) answer
	// explain says why there is no answer, of an error that is about the key alone.
	explain(error) error
}

// answer gives the number, or a command's error as it came.
type answer func() (int64, error)

// list is the length of a list, or of what else has a length. A key that does not exist is a list of length 0: Redis
// removes a list with its last element.
type list string

func listFrom(p *sources.Parameters) (question, error) {
	name := p.Get("listName")
	if name == "" {
		return nil, errors.New("listName is missing")
	}
	return list(name), nil
}

func (l list) ask(ctx context.Context, p goredis.Pipeliner) answer {
	return p.LLen(ctx, string(l)).Result
}

// explain leaves WRONGTYPE to the reader, which looks for another type first.
func (l list) explain(err error) error {
	switch code := codeOf(err); code {
	case "WRONGTYPE":
		return fmt.Errorf("key %q is no list, set, sorted set or hash (WRONGTYPE)", string(l))
	case "MOVED", "ASK":
		return errMoved(string(l), code)
	default:
		return ofKey("list", string(l), err)
	}
}

// lengthOf are the commands for the length of what is not a list.
func lengthOf() []func(goredis.Pipeliner, context.Context, string) *goredis.IntCmd {
	return []func(goredis.Pipeliner, context.Context, string) *goredis.IntCmd{
		goredis.Pipeliner.SCard, goredis.Pipeliner.ZCard, goredis.Pipeliner.HLen,
	}
}

// stream is what waits in a stream.
type stream struct {
	key, group string
	// by is the parameter that says what counts: streamLength, pendingEntriesCount or lagCount.
	by string
}

func streamFrom(p *sources.Parameters, by string) (question, error) {
	s := stream{key: p.Get("stream"), group: p.Get("consumerGroup"), by: by}
	if s.key == "" {
		return nil, errors.New("stream is missing")
	}
	if n, err := strconv.ParseInt(p.Get(by), 10, 64); err != nil || n < 1 {
		return nil, fmt.Errorf("%s %q is not a whole number from 1", by, p.Get(by))
	}
	return s, nil
}

func (s stream) ask(ctx context.Context, p goredis.Pipeliner) answer {
	switch s.by {
	case "lagCount":
		groups, length := p.Do(ctx, "XINFO", "GROUPS", s.key), p.XLen(ctx, s.key)
		return func() (int64, error) { return s.lag(groups, length) }
	case "pendingEntriesCount":
		pending := p.XPending(ctx, s.key, s.group)
		return func() (int64, error) {
			summary, err := pending.Result()
			if err != nil {
				return 0, err
			}
			return summary.Count, nil
		}
	default:
		return p.XLen(ctx, s.key).Result
	}
}

// The server has an answer to the command, and the number is not in it.
var (
	errUntold = errors.New("untold")
	errTooOld = errors.New("too old")
)

// lag is what the group has not been given. A stream that does not exist has nothing to give. A group that does not exist
// has been given nothing: its consumers make it when they start, which they do not while there are none.
func (s stream) lag(groups *goredis.Cmd, length *goredis.IntCmd) (int64, error) {
	all, err := groups.Slice()
	if err != nil {
		if strings.Contains(err.Error(), "no such key") {
			return 0, nil
		}
		return 0, err
	}
	for _, one := range all {
		if group := fieldsOf(one); group["name"] == s.group {
			return lagOf(group)
		}
	}
	return length.Result()
}

// lagOf tells a lag that is 0 from one that is not told, which the client's own type for the answer does not.
func lagOf(group map[string]any) (int64, error) {
	lag, told := group["lag"]
	if !told {
		return 0, errTooOld
	}
	n, ok := lag.(int64)
	if !ok {
		return 0, errUntold
	}
	return n, nil
}

// fieldsOf reads names and values that follow each other, as protocol 2 has them.
func fieldsOf(answer any) map[string]any {
	pairs, _ := answer.([]any)
	fields := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			fields[name] = pairs[i+1]
		}
	}
	return fields
}

func (s stream) explain(err error) error {
	switch code := codeOf(err); {
	case errors.Is(err, errUntold):
		return fmt.Errorf("the server does not know the lag of group %q on stream %q: entries were deleted, or the group starts at none",
			s.group, s.key)
	case errors.Is(err, errTooOld):
		return fmt.Errorf("the server does not tell the lag of group %q on stream %q: lagCount needs Redis 7 or newer", s.group, s.key)
	case code == "WRONGTYPE":
		return fmt.Errorf("key %q is not a stream (WRONGTYPE)", s.key)
	case code == "NOGROUP":
		return fmt.Errorf("there is no stream %q with consumer group %q (NOGROUP): pendingEntriesCount counts what its consumers were given; "+
			"legal before there are any is lagCount", s.key, s.group)
	case code == "MOVED", code == "ASK":
		return errMoved(s.key, code)
	default:
		return ofKey("stream", s.key, err)
	}
}

func errMoved(key, code string) error {
	return fmt.Errorf("key %q is on another node of a cluster (%s): legal for a cluster are redis-cluster, redis-cluster-streams", key, code)
}

// ofKey is what is said of any key.
func ofKey(kind, key string, err error) error {
	if codeOf(err) == "NOPERM" {
		return sources.Unauthorized(fmt.Errorf("the user may not read %s %q (NOPERM)", kind, key))
	}
	return fmt.Errorf("%s %q: %w", kind, key, err)
}
