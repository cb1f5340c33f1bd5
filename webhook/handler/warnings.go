package handler

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The API server cuts warnings to itemRunes each once they come to totalRunes together; what is beyond is lost without a
// word. Here they are cut so that this never happens, and what is left out is counted.
const (
	itemRunes  = 256
	totalRunes = 4096
	// moreRunes is room for "and 1234 more warnings".
	moreRunes = 32
)

// fitWarnings makes warnings such that the API server passes them on unharmed.
func fitWarnings(warnings []string) []string {
	if len(warnings) == 0 {
		return nil
	}
	fitted := make([]string, 0, len(warnings))
	total := 0
	for i, w := range warnings {
		w = fitWarning(w)
		total += utf8.RuneCountInString(w)
		if total > totalRunes-moreRunes {
			return append(fitted, fmt.Sprintf("and %d more warnings", len(warnings)-i))
		}
		fitted = append(fitted, w)
	}
	return fitted
}

// fitWarning cuts one warning to its length and puts it on one line: the API server refuses control characters in a
// header's value.
func fitWarning(w string) string {
	w = strings.ToValidUTF8(w, "\uFFFD")
	if strings.ContainsFunc(w, unicode.IsControl) {
		w = strings.Join(strings.FieldsFunc(w, unicode.IsControl), " ")
	}
	if utf8.RuneCountInString(w) <= itemRunes {
		return w
	}
	return string([]rune(w)[:itemRunes-1]) + "…"
}
