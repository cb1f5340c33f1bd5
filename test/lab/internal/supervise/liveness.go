package supervise

import (
	"io"
	"os"
	"strconv"
)

// livenessEnv names the file descriptor by which a child learns that its supervisor has ended.
const livenessEnv = "LAB_LIVENESS_FD"

// livenessFD is the first of exec.Cmd.ExtraFiles.
const livenessFD = 3

// EndWithParent ends this process as soon as the supervisor that started it is gone, however it went. A process that no
// supervisor started is left alone.
//
// The supervisor holds the other end of a pipe and never writes to it: the kernel closes that end when the supervisor ends,
// SIGKILL included. It is the way that works on every system; Linux is told to send SIGKILL too (see sysProcAttr).
func EndWithParent() {
	value := os.Getenv(livenessEnv)
	if value == "" {
		return
	}
	fd, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	_ = os.Unsetenv(livenessEnv) // not for this process's own children
	pipe := os.NewFile(uintptr(fd), "liveness")
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		os.Exit(1)
	}()
}
