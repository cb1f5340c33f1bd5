package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// tailBytes is as much of a log's end as is looked at for its last lines.
const tailBytes = 16 << 10

// Tail is the last lines of a file, at most n.
func Tail(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("reading the end of %s: %w", path, err)
	}
	text := make([]byte, min(end, tailBytes))
	if _, err := f.ReadAt(text, end-int64(len(text))); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading the end of %s: %w", path, err)
	}
	return lastLines(text, n), nil
}

func lastLines(text []byte, n int) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	if last := len(lines) - 1; len(lines[last]) == 0 {
		lines = lines[:last]
	}
	return bytes.Join(lines[max(0, len(lines)-n):], nil)
}
