package sources

import (
	"math"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

func TestMilli(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "10": 10_000, "500m": 500, "1u": 1, "1Gi": 1 << 30 * 1000, "9223372036854775": 9223372036854775000,
		"9223372036854776": math.MaxInt64, "9E": math.MaxInt64, "1e30": math.MaxInt64, "-1": -1, "-1n": -1, "-1e30": -1,
	} {
		q := resource.MustParse(text)
		got, err := Milli(&q)
		if refused := want < 0; refused != (err != nil) || !refused && got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestMilliOf(t *testing.T) {
	for v, want := range map[float64]int64{
		0: 0, 10.1: 10_100, 0.0001: 1, math.SmallestNonzeroFloat64: 1, 1e30: math.MaxInt64, math.MaxFloat64: math.MaxInt64, 9.3e15: math.MaxInt64,
		-1: -1, -1e30: -1, math.Inf(1): -1, math.Inf(-1): -1, math.NaN(): -1,
	} {
		got, err := MilliOf(v)
		if refused := want < 0; refused != (err != nil) || !refused && got != want {
			t.Errorf("%v is %d, %v; want %d", v, got, err, want)
		}
	}
}

func TestSum(t *testing.T) {
	for _, test := range [][3]int64{
		{1, 2, 3}, {math.MaxInt64, 0, math.MaxInt64}, {math.MaxInt64, 1, math.MaxInt64}, {math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		if got := Sum(test[0], test[1]); got != test[2] {
			t.Errorf("%d + %d is %d, want %d", test[0], test[1], got, test[2])
		}
	}
}
