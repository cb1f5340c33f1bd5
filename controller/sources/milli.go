package sources

import (
	"errors"
	"math"

	"k8s.io/apimachinery/pkg/api/resource"
)

// What is no answer though it is a number, in words without the number: they go into a status.
func errNegative() error { return errors.New("the value is negative") }
func errNoNumber() error { return errors.New("the value is NaN or infinite") }

// Milli gives a quantity in milli-units, as much as fits. A negative one is no answer: load is never negative, so something
// subtracts what it should not, and lowering on it would be a guess. (The HorizontalPodAutoscaler goes to the minimum.)
func Milli(q *resource.Quantity) (int64, error) {
	most := resource.NewMilliQuantity(math.MaxInt64, resource.DecimalSI)
	switch {
	case q.Sign() < 0:
		return 0, errNegative()
	case q.Cmp(*most) >= 0: // MilliValue would wrap round
		return math.MaxInt64, nil
	}
	return q.MilliValue(), nil
}

// MilliOf gives a number in milli-units by the same rules. Less than one, and not zero, is one, as with quantities: a little
// work is work.
func MilliOf(v float64) (int64, error) {
	switch milli := v * 1000; {
	case math.IsNaN(v), math.IsInf(v, 0):
		return 0, errNoNumber()
	case v < 0:
		return 0, errNegative()
	case milli >= math.MaxInt64:
		return math.MaxInt64, nil
	case milli > 0 && milli < 1:
		return 1, nil
	default:
		return int64(math.Round(milli)), nil
	}
}

// Sum adds what is not negative, and saturates.
func Sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
