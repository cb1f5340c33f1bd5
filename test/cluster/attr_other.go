//go:build !linux

package cluster

import "syscall"

// endWithParent has no equal outside Linux: there a child that outlives a killed parent has to be ended by hand.
func endWithParent() *syscall.SysProcAttr { return nil }
