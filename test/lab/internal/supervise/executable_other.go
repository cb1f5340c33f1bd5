//go:build !linux

package supervise

import "os"

// OwnExecutable is this very program.
func OwnExecutable() (string, error) { return os.Executable() }
