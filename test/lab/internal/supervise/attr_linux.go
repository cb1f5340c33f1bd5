package supervise

import "syscall"

// sysProcAttr gives a child a process group of its own, so that Ctrl-C reaches the supervisor alone, which then ends the
// children in its own way; and death by the supervisor's death.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
