// Package scaling decides replica counts. Decide is a pure function: all that it may see is in Input, all that it found is
// in Decision, and what it wants to remember is in State. It reads no clock, starts nothing, and logs nothing: Decision.Trace
// is its log.
//
// Quantities are integer milli-units (1 core = 1000, 140 waiting items = 140000). Integer division truncates, results
// saturate at int32.
package scaling
