package scaling

import "github.com/plimsoll-dev/plimsoll/policies/reason"

// direction is up or down. All that is said of both is said once, in terms of a direction: two copies that mirror each
// other never stay alike.
type direction int32

const (
	up   direction = 1
	down direction = -1
)

// towards gives the direction from one count to another; ok is false where they are equal.
func towards(from, to int32) (d direction, ok bool) {
	switch {
	case to > from:
		return up, true
	case to < from:
		return down, true
	default:
		return 0, false
	}
}

// beyond says whether a is further in the direction than b.
func (d direction) beyond(a, b int32) bool { return int64(d)*int64(a) > int64(d)*int64(b) }

// farther gives whichever of two counts is further in the direction.
func (d direction) farther(a, b int32) int32 {
	if d.beyond(a, b) {
		return a
	}
	return b
}

// nearer gives whichever of two counts is less far in the direction.
func (d direction) nearer(a, b int32) int32 { return d.opposite().farther(a, b) }

func (d direction) opposite() direction { return -d }

func (d direction) limited() reason.Code {
	if d == up {
		return reason.ScaleUpLimit
	}
	return reason.ScaleDownLimit
}

func (d direction) stabilized() reason.Code {
	if d == up {
		return reason.ScaleUpStabilized
	}
	return reason.ScaleDownStabilized
}

// rules gives the manners of the direction.
func (s *Spec) rules(d direction) *Rules {
	if d == up {
		return &s.Up
	}
	return &s.Down
}
