// Package nearest finds the known word closest to a misspelt one, for messages that ask "did you mean".
package nearest

// To finds the candidate with the smallest edit distance to word. ok is false where nothing is near enough to be a likely
// slip: more than two edits, or more than a third of the word. Among equals the first candidate wins.
func To(word string, candidates []string) (nearest string, ok bool) {
	limit := min(2, len(word)/3)
	best := limit + 1
	for _, c := range candidates {
		if d := distance(word, c, best); d < best {
			nearest, best = c, d
		}
	}
	return nearest, best <= limit
}

// distance is the edit distance of a and b with adjacent transpositions (optimal string alignment), or limit if it is at
// least that. Bytes are compared: keys are ASCII.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

func cost(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}
