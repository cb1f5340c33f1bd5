package main

import (
	"fmt"
	"strconv"
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

// columns of a frame: time, waiting and its bar, wanted, ready and its bar, reason.
const columns = "  %8s   %7s %-10s   %6s   %5s %-10s   %s"

// heading names the columns.
func heading() string {
	return fmt.Sprintf(columns, "time", "waiting", "", "wanted", "ready", "", "reason")
}

// String is the frame as one line.
func (f frame) String() string {
	return fmt.Sprintf(columns, fmt.Sprintf("%.1f s", f.At.Seconds()), strconv.Itoa(f.Waiting), bar(f.Waiting, 100),
		strconv.Itoa(f.Wanted), strconv.Itoa(f.Ready), bar(f.Ready, 20), f.Reason)
}

// width of a bar in cells.
const width = 10

// bar draws value out of full; a value above zero shows at least one cell.
func bar(value, full int) string {
	cells := min((value*width+full-1)/full, width)
	return strings.Repeat("█", cells) + strings.Repeat("░", width-cells)
}
