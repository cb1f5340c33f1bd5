// Package window remembers the recent past in a bounded number of plain values: the highest or lowest of recent proposals,
// and the changes that were written. Nothing here reads a clock: times are Unix milliseconds, and what "recent" means is an
// argument. Values are copied with the struct that holds them, so that an old state stays what it was.
//
// Up to Capacity entries the answers are exact. Beyond that two neighbours become one where that blurs the least, so that
// the answer errs on the side of changing nothing: an extreme is remembered a little longer, a change counts a little longer.
package window

// Capacity is the number of entries that are kept.
const Capacity = 24
