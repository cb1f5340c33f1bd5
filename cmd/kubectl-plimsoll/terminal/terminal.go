// Package terminal tells whether a person is looking.
package terminal

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/term"
)

// The values of --color.
const (
	Auto   = "auto"
	Always = "always"
	Never  = "never"
)

// CheckColor checks a value of --color.
func CheckColor(value string) error {
	if slices.Contains([]string{Auto, Always, Never}, value) {
		return nil
	}
	return fmt.Errorf("--color %q: legal are auto, always, never", value)
}

// Colored tells whether to write colours: by default on a terminal, unless NO_COLOR is set (https://no-color.org).
func Colored(value string, out any) bool {
	if value != Auto {
		return value == Always
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && Is(out)
}

// Is tells whether a stream is a terminal: by asking the system, or the stream itself where it knows (tests do).
func Is(stream any) bool {
	switch s := stream.(type) {
	case interface{ IsTerminal() bool }:
		return s.IsTerminal()
	case interface{ Fd() uintptr }:
		return term.IsTerminal(int(s.Fd()))
	}
	return false
}
