package main

import (
	"fmt"
	"strings"
	"time"
)

// frame is what the demo shows at one moment.
type frame struct {
	// At is the time since the work arrived.
	At time.Duration
	// Waiting items; Wanted and Ready replicas.
	Waiting, Wanted, Ready int
	// Reason of the Scaler, and its message.
	Reason, Message string
}

// news tells whether a frame says something that the one before did not: the queue alone is no news, it changes all the time.
func (f frame) news(before frame) bool {
	return f.Wanted != before.Wanted || f.Reason != before.Reason || (f.Ready == f.Wanted) != (before.Ready == before.Wanted)
}

// heading names the columns of frames.
const heading = "      time   waiting           wanted   ready                   reason"

// String is the frame as one line.
func (f frame) String() string {
	return fmt.Sprintf("  %6.1f s      %4d   %s   %4d    %4d   %s   %s",
		f.At.Seconds(), f.Waiting, bar(f.Waiting, 100), f.Wanted, f.Ready, bar(f.Ready, 20), f.Reason)
}

// width of a bar in cells.
const width = 10

// bar draws value out of full; a value above zero shows at least one cell.
func bar(value, full int) string {
	cells := min((value*width+full-1)/full, width)
	return strings.Repeat("█", cells) + strings.Repeat("░", width-cells)
}
