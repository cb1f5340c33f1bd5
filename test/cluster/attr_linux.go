package cluster

import "syscall"

// endWithParent makes a child end when this process does, even by SIGKILL.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
