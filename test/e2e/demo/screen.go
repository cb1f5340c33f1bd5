package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// screen is where the demo speaks, and what it said: the recording is made of it.
type screen struct {
	out      io.Writer
	terminal bool
	lines    []string
}

func newScreen(out *os.File) *screen {
	return &screen{out: out, terminal: term.IsTerminal(int(out.Fd()))}
}

// Lines are the lines said so far.
func (s *screen) Lines() []string { return s.lines }

// Say prints one or more lines.
func (s *screen) Say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for line := range strings.SplitSeq(text, "\n") {
		s.lines = append(s.lines, line)
		s.clear()
		fmt.Fprintln(s.out, line)
	}
}

// Title begins a part.
func (s *screen) Title(text string) {
	s.Say("")
	s.Say("%s", text)
}

// Flash shows a line that the next one replaces: only on a terminal.
func (s *screen) Flash(line string) {
	if s.terminal {
		s.clear()
		fmt.Fprint(s.out, line)
	}
}

func (s *screen) clear() {
	if s.terminal {
		fmt.Fprint(s.out, "\r\033[K")
	}
}
