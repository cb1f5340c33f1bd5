// Package calendar reads cron expressions and says whether the window between two of them is open.
//
// Wall clocks are not instants: where daylight saving skips an hour, a time in it fires at the first valid minute after the
// gap; where an hour is repeated, a time in it fires once, the first time round. Schedulers that step from instant to
// instant drop the skipped time altogether, and a workload that should wake at 02:30 sleeps on the one night a year when
// nobody looks. So expressions are searched on the wall clock, and the answer is turned into an instant afterwards.
package calendar
