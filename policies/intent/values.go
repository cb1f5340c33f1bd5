package intent

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

const (
	durationLegal = "a duration in whole seconds such as 90s, 10m, 1h or 7d"
	replicasLegal = "a whole number from 0 to 2147483647"
)

// text is the value without the space around it.
func (v value) trimmed() string { return strings.TrimSpace(v.text) }

// oneOf takes one of a few words.
func oneOf[T ~string](v value, legal ...T) (T, error) {
	for _, l := range legal {
		if T(v.trimmed()) == l {
			return l, nil
		}
	}
	return "", errors.New("unknown word")
}

// number takes a whole number that is at least the minimum and fits an int32.
func number(text string, minimum int32) (int32, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > math.MaxInt32:
		return 0, errors.New("too large")
	case err != nil:
		return 0, errors.New("not a whole number")
	case n < int64(minimum):
		return 0, fmt.Errorf("below %d", minimum)
	}
	return int32(n), nil
}

// duration takes a duration in whole seconds. Days are allowed, as in 7d: nobody thinks of a week as 168h.
func duration(text string, minimum time.Duration) (time.Duration, error) {
	text = strings.TrimSpace(text)
	d, err := parseDays(text)
	if err != nil {
		d, err = time.ParseDuration(text)
	}
	switch {
	case err != nil:
		return 0, errors.New("not a duration")
	case d < minimum:
		return 0, fmt.Errorf("below %s", minimum)
	case d%time.Second != 0:
		return 0, errors.New("not whole seconds")
	case d/time.Second > math.MaxInt32:
		return 0, errors.New("too long")
	}
	return d, nil
}

// maxDays keeps a number of days within what a time.Duration holds.
const maxDays = 100 * 366

func parseDays(text string) (time.Duration, error) {
	days, found := strings.CutSuffix(text, "d")
	if !found {
		return 0, errors.New("no days")
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || n > maxDays {
		return 0, errors.New("not a number of days")
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// seconds takes a duration as a number of seconds.
func seconds(v value, minimum time.Duration) (*int32, error) {
	d, err := duration(v.text, minimum)
	if err != nil {
		return nil, err
	}
	s := int32(d / time.Second)
	return &s, nil
}

// metaDuration takes a duration as the API's type.
func metaDuration(v value, minimum time.Duration) (*metav1.Duration, error) {
	d, err := duration(v.text, minimum)
	if err != nil {
		return nil, err
	}
	return &metav1.Duration{Duration: d}, nil
}

// quantity takes a quantity that is not negative.
func quantity(text string) (resource.Quantity, error) {
	q, err := subject.ParseQuantity(strings.TrimSpace(text))
	if err != nil {
		return q, fmt.Errorf("%s is not a quantity", shown(text))
	}
	if q.Sign() < 0 {
		return q, fmt.Errorf("%s is negative", shown(text))
	}
	// A Quantity remembers its text once it was asked for it. Asked here, a value that requests share is never written again.
	_ = q.String()
	return q, nil
}

// whole takes a quantity without a fraction: nobody can have half a device.
func whole(q resource.Quantity) error {
	if q.MilliValue()%1000 != 0 {
		return fmt.Errorf("%s is not a whole number", q.String())
	}
	return nil
}

// positive takes a quantity above zero.
func positive(text string) (resource.Quantity, error) {
	q, err := quantity(text)
	if err == nil && q.IsZero() {
		return q, errors.New("zero")
	}
	return q, err
}

// maxPairs bounds a list: what it leads to is multiplied by the number of containers.
const maxPairs = 64

// pair is one element of a list such as "cpu=250m,memory=256Mi".
type pair struct{ key, value string }

// pairs splits a list of key=value at commas. Elements are trimmed; an empty list, an empty side and a repeated key are
// mistakes.
func pairs(text string) ([]pair, error) {
	elements := strings.Split(text, ",")
	if len(elements) > maxPairs {
		return nil, fmt.Errorf("more than %d elements", maxPairs)
	}
	list := make([]pair, 0, len(elements))
	seen := make(map[string]bool, len(elements))
	for _, element := range elements {
		k, val, ok := strings.Cut(element, "=")
		p := pair{strings.TrimSpace(k), strings.TrimSpace(val)}
		if !ok || p.key == "" || p.value == "" {
			return nil, fmt.Errorf("%s is not of the form key=value", shown(strings.TrimSpace(element)))
		}
		if seen[p.key] {
			return nil, fmt.Errorf("%s stands twice", shown(p.key))
		}
		seen[p.key] = true
		list = append(list, p)
	}
	return list, nil
}
