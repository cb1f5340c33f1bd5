package subject

import (
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// errExponent is the mistake of a quantity beyond all reason.
var errExponent = errors.New("the exponent is too large")

// ParseQuantity is resource.ParseQuantity for text that may come from anybody. That function, and comparing what it gives,
// take minutes and gigabytes for a number such as 1e-100000000 or 1e999999999, which is eleven letters in a manifest.
func ParseQuantity(text string) (resource.Quantity, error) {
	if HugeExponent(text) {
		return resource.Quantity{}, errExponent
	}
	return resource.ParseQuantity(text)
}

// HugeExponent tells whether a text ends in an exponent of five digits or more, as in 1e10000.
func HugeExponent(text string) bool {
	const most = 4
	text = strings.TrimSpace(text)
	e := strings.LastIndexAny(text, "eE")
	if e < 0 {
		return false
	}
	digits := strings.TrimLeft(strings.TrimLeft(text[e+1:], "+-"), "0")
	return len(digits) > most && strings.Trim(digits, "0123456789") == ""
}
