package calendar

import (
	"fmt"
	"time"
)

// Zone finds a time zone by its IANA name; the empty name is UTC. "Local" is none: what it means depends on the machine.
func Zone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("%q means something else on every machine", name)
	}
	return time.LoadLocation(name)
}

// reached gives the last wall-clock minute that has had its turn at t. It runs ahead of the clock on the wall while an hour
// is repeated: what is in that hour fired the first time round.
func reached(t time.Time, zone *time.Location) wall {
	local := t.In(zone)
	now := onWall(local.Unix(), offset(local))
	start, _ := local.ZoneBounds()
	if start.IsZero() {
		return now
	}
	before := onWall(start.Unix()-1, offset(start.Add(-1).In(zone)))
	return max(now, before)
}

// instant gives the time at which a wall-clock time has its turn.
func instant(w wall, zone *time.Location) time.Time {
	guess := time.Date(1970, 1, 1, 0, int(w), 0, 0, time.UTC)
	guess = time.Date(guess.Year(), guess.Month(), guess.Day(), guess.Hour(), guess.Minute(), 0, 0, zone)
	start, end := guess.ZoneBounds()
	if !start.IsZero() {
		// The same reading under the offset before this one, if that was still in force: the first of a repeated hour.
		earlier := int64(w)*60 - offset(start.Add(-1).In(zone))
		if earlier < start.Unix() {
			return time.Unix(earlier, 0).In(zone)
		}
	}
	switch shown := onWall(guess.Unix(), offset(guess)); {
	case shown > w:
		return start // skipped, and the guess lies behind the gap
	case shown < w:
		return end // skipped, and the guess lies before the gap
	default:
		return guess
	}
}

func offset(t time.Time) int64 {
	_, seconds := t.Zone()
	return int64(seconds)
}

// onWall gives the minute that a clock shows at a Unix time under an offset from UTC, both in seconds.
func onWall(unix, offset int64) wall {
	seconds := unix + offset
	if seconds < 0 {
		seconds -= 59 // integer division truncates towards zero
	}
	return wall(seconds / 60)
}
