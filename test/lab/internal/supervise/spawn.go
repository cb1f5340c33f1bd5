package supervise

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one operating system thread that lives as long as the program.
//
// Linux sends a child its parent-death signal when the *thread* that forked it ends, and Go ends threads as it likes
// (golang/go#27505): children started from any goroutine might die of nothing.
type spawner struct {
	requests chan spawnRequest
}

type spawnRequest struct {
	cmd  *exec.Cmd
	done chan<- error
}

// run serves requests. It never returns: with it would end the thread, and with that the children.
func (s *spawner) run() {
	runtime.LockOSThread()
	for r := range s.requests {
		r.done <- r.cmd.Start()
	}
	select {}
}

func (s *spawner) start(cmd *exec.Cmd) error {
	done := make(chan error, 1)
	s.requests <- spawnRequest{cmd: cmd, done: done}
	return <-done
}
