package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// bootID changes with every boot: start times count from it.
const bootID = "/proc/sys/kernel/random/boot_id"

// startMark is the boot and the clock tick at which the process began.
func startMark(pid int) (string, error) {
	fields, err := statFields(pid)
	if err != nil {
		return "", err
	}
	// Of the fields after the name, proc(5): 0 is the state, 19 the start time.
	if state := fields[0]; state == "Z" || state == "X" {
		return "", ErrGone
	}
	boot, err := os.ReadFile(bootID)
	if err != nil {
		return "", fmt.Errorf("reading the boot's id: %w", err)
	}
	return strings.TrimSpace(string(boot)) + "/" + fields[19], nil
}

// statFields are the fields of /proc/PID/stat that follow the process's name. The name may itself hold spaces and
// parentheses, so that they are counted from the last parenthesis.
func statFields(pid int) ([]string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	return parseStat(stat)
}

func parseStat(stat []byte) ([]string, error) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return nil, fmt.Errorf("no process name in %q", stat)
	}
	fields := strings.Fields(string(stat[end+1:]))
	const start = 19
	if len(fields) <= start {
		return nil, fmt.Errorf("%d fields in %q, want more than %d", len(fields), stat, start)
	}
	return fields, nil
}

// Memory is the resident memory of the process in bytes that is its own. What it shares, such as the pages of its program's
// file, is in memory once for all that run it.
func Memory(pid int) (int64, error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	var size, resident, shared int64
	if _, err := fmt.Sscan(string(statm), &size, &resident, &shared); err != nil {
		return 0, fmt.Errorf("memory of process %d in %q: %w", pid, statm, err)
	}
	return (resident - shared) * int64(os.Getpagesize()), nil
}
