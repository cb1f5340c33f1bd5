package cluster

import (
	"bytes"
	"os"
	"sync"
)

// Test is the part of testing.TB that a Log needs.
type Test interface {
	Cleanup(f func())
	Failed() bool
	Logf(format string, args ...any)
}

// Log holds what a program prints while a test runs. It may be written and read at once.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// NewLog makes a Log that is kept in a file of its own where the test fails.
func NewLog(t Test) *Log {
	l := &Log{}
	t.Cleanup(func() {
		if t.Failed() {
			l.keep(t)
		}
	})
	return l
}

func (l *Log) keep(t Test) {
	file, err := os.CreateTemp("", "plimsoll-test-*.log")
	if err != nil {
		t.Logf("keeping the log: %v", err)
		return
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteString(l.String()); err != nil {
		t.Logf("keeping the log: %v", err)
	}
	t.Logf("the log is in %s", file.Name())
}

// Write is for io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is what was printed so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
