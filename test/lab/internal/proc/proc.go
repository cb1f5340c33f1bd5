// Package proc tells processes apart for as long as a machine lives, and beyond.
//
// A process id alone does not name a process: the kernel gives it to another one sooner or later, and after a reboot it names
// nothing. An Identity adds when the process was started, so that a lab never ends a process that it did not start.
package proc

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ErrGone says that the process no longer runs, or that its id now belongs to another one.
var ErrGone = errors.New("no such process")

// Identity is one process, of one boot of one machine.
type Identity struct {
	PID int `json:"pid"`
	// Start is an opaque mark of the moment it began: equal marks and equal ids are the same process.
	Start string `json:"start"`
}

// Of is the identity of the process that has this id now.
func Of(pid int) (Identity, error) {
	if pid <= 0 {
		return Identity{}, fmt.Errorf("process id %d: %w", pid, ErrGone)
	}
	start, err := startMark(pid)
	if err != nil {
		return Identity{}, fmt.Errorf("process id %d: %w", pid, err)
	}
	return Identity{PID: pid, Start: start}, nil
}

// Self is the identity of this process.
func Self() (Identity, error) { return Of(os.Getpid()) }

// Alive says whether exactly this process still runs. A zombie does not: nobody has collected it, but it does nothing more.
func (id Identity) Alive() bool {
	now, err := Of(id.PID)
	return err == nil && now == id
}

// Signal sends a signal to exactly this process, or says ErrGone.
func (id Identity) Signal(sig syscall.Signal) error {
	// The handle is taken before the identity is checked: on Linux it is a pidfd, which never comes to mean another process.
	handle, err := os.FindProcess(id.PID)
	if err != nil {
		return ErrGone
	}
	defer func() { _ = handle.Release() }()
	if !id.Alive() {
		return ErrGone
	}
	if err := handle.Signal(sig); err != nil {
		if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
			return ErrGone
		}
		return fmt.Errorf("signal %v to process %d: %w", sig, id.PID, err)
	}
	return nil
}

// WaitGone waits until the process has ended, and says whether it did in time.
func (id Identity) WaitGone(limit time.Duration) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(10 * time.Millisecond) {
		if !id.Alive() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
