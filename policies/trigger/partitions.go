package trigger

import (
	"errors"
	"strconv"
	"strings"
)

// Range is a range of partitions, both ends included.
type Range struct{ First, Last int32 }

// Partitions reads a list of partitions such as 1,3,5-9; nil where it is empty. The error says what is legal.
func Partitions(list string) ([]Range, error) {
	if strings.TrimSpace(list) == "" {
		return nil, nil
	}
	var ranges []Range
	for part := range strings.SplitSeq(list, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := partition(first)
		to, err2 := partition(last)
		if errors.Join(err, err2) != nil || from > to {
			return nil, errors.New("legal are numbers from 0 and ranges, such as 1,3,5-9")
		}
		ranges = append(ranges, Range{from, to})
	}
	return ranges, nil
}

func partition(text string) (int32, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	return int32(n), err
}
