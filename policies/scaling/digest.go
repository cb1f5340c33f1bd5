package scaling

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/policies/scaling/window"
)

// A digest is State as text for the Scaler's status, for people to read too: fields "key=value" behind the version, "|"
// between them, fields without content left out. Times are Unix milliseconds in "at" and "d", and milliseconds before "at"
// elsewhere.
//
//	v1|at=1767225600000|last=28|active=12000|idle=0|high=8000:28,1000:20|low=0:20|writes=8000:+18-0|zero=2|base=5|fail=0,3
const digestVersion = "v1"

// maxDigest bounds the text that Seed looks at. A State of full windows and 64 failing signals has less.
const maxDigest = 8 << 10

// Digest gives the State as text. The zero State has the empty digest.
func (s *State) Digest() string {
	if !s.warm && !s.resumed {
		return ""
	}
	b := fmt.Appendf(nil, "%s|at=%d", digestVersion, s.at)
	if s.proposed {
		b = fmt.Appendf(b, "|last=%d", s.last)
	}
	b = s.appendTime(b, "active", s.lastActive)
	b = s.appendTime(b, "idle", s.idleSince)
	if s.fresh {
		b = append(b, "|fresh=1"...)
	}
	b = s.appendExtreme(b, "high", &s.high)
	b = s.appendExtreme(b, "low", &s.low)
	b = s.appendWrites(b)
	if s.zero != nobody {
		b = fmt.Appendf(b, "|zero=%d", s.zero)
	}
	if s.hasBase {
		b = fmt.Appendf(b, "|base=%d", s.base)
	}
	return string(s.appendFailures(b))
}

func (s *State) appendTime(b []byte, key string, at int64) []byte {
	if at == 0 {
		return b
	}
	return fmt.Appendf(b, "|%s=%d", key, s.before(at))
}

// before gives how long before the last decision a time was. What clocks that disagree put after it was just then.
func (s *State) before(at int64) int64 { return max(0, s.at-at) }

func (s *State) appendExtreme(b []byte, key string, e *window.Extreme) []byte {
	first := "|" + key + "="
	for at, value := range e.All() {
		b = fmt.Appendf(b, "%s%d:%d", first, s.before(at), value)
		first = ","
	}
	return b
}

func (s *State) appendWrites(b []byte) []byte {
	first := "|writes="
	for c := range s.writes.All() {
		b = fmt.Appendf(b, "%s%d:+%d-%d", first, s.before(c.At), c.Added, c.Removed)
		first = ","
	}
	if p := s.pending; p.at != 0 {
		b = fmt.Appendf(b, "|pending=%d:%d:%d", s.before(p.at), p.from, p.to)
	}
	return b
}

func (s *State) appendFailures(b []byte) []byte {
	first := "|fail="
	for _, one := range s.sources {
		b = fmt.Appendf(b, "%s%d", first, one.failures)
		first = ","
	}
	return b
}

// Seed reads a digest for a cold start. The State is always usable: with an error, and with the empty digest, it knows
// nothing, and lowers nothing before it has watched for one down window.
func Seed(digest string) (State, error) {
	if digest == "" {
		return State{}, nil
	}
	if len(digest) > maxDigest {
		return State{}, fmt.Errorf("digest has %d bytes; legal are at most %d", len(digest), maxDigest)
	}
	fields := strings.Split(digest, "|")
	if fields[0] != digestVersion {
		return State{}, fmt.Errorf("digest of version %.16q; known is %s", fields[0], digestVersion)
	}
	s := State{resumed: true}
	for _, field := range fields[1:] {
		key, value, _ := strings.Cut(field, "=")
		if err := s.read(key, value); err != nil {
			return State{}, fmt.Errorf("digest field %.16q: %w", key, err)
		}
	}
	if s.at <= 0 {
		return State{}, errors.New("digest without a time")
	}
	return s, nil
}

// read takes in one field. Unknown fields are those of a later version: what they say is not needed for correctness.
func (s *State) read(key, value string) error {
	r := reader{at: s.at}
	switch key {
	case "at":
		s.at = r.int(value)
	case "last":
		s.last, s.proposed = r.count(value), true
	case "active":
		s.lastActive = r.time(value)
	case "idle":
		s.idleSince = r.time(value)
	case "fresh":
		s.fresh = value == "1"
	case "high":
		r.extreme(&s.high, window.Highest, value)
	case "low":
		r.extreme(&s.low, window.Lowest, value)
	case "writes":
		r.writes(&s.writes, value)
	case "pending":
		s.pending = r.write(value)
	case "zero":
		s.zero = zeroOwner(r.between(value, 0, int64(theirs)))
	case "base":
		s.base, s.hasBase = r.count(value), true
	case "fail":
		s.sources = r.failures(value)
	}
	return r.err
}

// reader turns text into numbers and keeps the first error.
type reader struct {
	at  int64
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) int(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.fail("%.24q is not a number", text)
	}
	return n
}

func (r *reader) between(text string, least, most int64) int64 {
	n := r.int(text)
	if n < least || n > most {
		r.fail("%d is not from %d to %d", n, least, most)
		return least
	}
	return n
}
