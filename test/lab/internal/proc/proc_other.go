//go:build !linux

package proc

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// startMark is the moment at which the process began, as ps tells it: to the second, which is fine enough, since a process
// id does not come round again within one.
func startMark(pid int) (string, error) {
	fields, err := ps(pid, "state=,lstart=")
	if err != nil {
		return "", err
	}
	if len(fields) < 2 || strings.HasPrefix(fields[0], "Z") {
		return "", ErrGone
	}
	return strings.Join(fields[1:], " "), nil
}

// Memory is the resident memory of the process in bytes. What it shares with others counts too: ps does not tell it apart.
func Memory(pid int) (int64, error) {
	fields, err := ps(pid, "rss=")
	if err != nil || len(fields) == 0 {
		return 0, fmt.Errorf("memory of process %d: %w", pid, ErrGone)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	return kib * 1024, nil
}

// ps fails when there is no such process.
func ps(pid int, columns string) ([]string, error) {
	out, err := exec.Command("ps", "-o", columns, "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil, ErrGone
	}
	return strings.Fields(string(out)), nil
}
