//go:build !linux

package cluster

import "syscall"

// EndWithParent has no equal outside Linux: there a child that outlives a killed parent has to be ended by hand.
func EndWithParent() *syscall.SysProcAttr { return nil }
