//go:build !linux

package supervise

import "syscall"

// sysProcAttr gives a child a process group of its own, so that Ctrl-C reaches the supervisor alone. There is no
// parent-death signal here: the liveness pipe does that work (see EndWithParent).
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
