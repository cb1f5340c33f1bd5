package textdiff

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// pair is a stretch of two texts that is to be compared.
type pair struct{ before, after string }

// anchored cuts two texts into stretches at the lines that each of them has once and both have, in the same order. (Objects
// in a list resemble each other in all but such lines: their names. The library gives up on finding the least change where
// there are more than a hundred; within a stretch there seldom are.)
func anchored(before, after string) []pair {
	was, is := linesOnce(before), linesOnce(after)
	var pairs []pair
	from, to, at := 0, 0, 0
	for line := range strings.Lines(before) {
		there, once := is[line]
		if _, alsoOnce := was[line]; once && alsoOnce && there >= to {
			pairs = append(pairs, pair{before[from:at], after[to:there]})
			from, to = at, there
		}
		at += len(line)
	}
	return append(pairs, pair{before[from:], after[to:]})
}

// linesOnce are the lines that a text has once, with their offsets.
func linesOnce(text string) map[string]int {
	once, seen := map[string]int{}, map[string]bool{}
	at := 0
	for line := range strings.Lines(text) {
		if seen[line] {
			delete(once, line)
		} else {
			once[line] = at
		}
		seen[line] = true
		at += len(line)
	}
	return once
}

// compare finds the edits of one text that make the other, at an offset.
func compare(before, after string, offset int) []udiff.Edit {
	var edits []udiff.Edit
	for _, p := range anchored(before, after) {
		for _, e := range udiff.Lines(p.before, p.after) {
			edits = append(edits, udiff.Edit{Start: e.Start + offset, End: e.End + offset, New: e.New})
		}
		offset += len(p.before)
	}
	return edits
}
