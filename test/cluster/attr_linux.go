package cluster

import "syscall"

// EndWithParent makes a child end when this process does, even by SIGKILL.
func EndWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
