package cluster

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
)

// Patience with which processes are asked to end.
const (
	askPatience  = 10 * time.Second
	killPatience = 5 * time.Second
)

// End brings down the lab of this folder, and says whether there was one. It returns when all of the lab's processes have
// ended.
func End(dir home.Dir) (bool, error) {
	taken, err := dir.Taken()
	if err != nil {
		return false, err
	}
	state, err := dir.ReadState()
	switch {
	case errors.Is(err, home.ErrNoState) && !taken:
		return false, nil
	case errors.Is(err, home.ErrNoState):
		return true, fmt.Errorf("a lab in %s is about to start, or has just ended: try again", dir)
	case err != nil:
		return taken, err
	}
	if taken {
		askSupervisor(state)
	}
	EndAll(state)
	return taken, forget(dir)
}

// askSupervisor gives it the time to end the lab in its own way.
func askSupervisor(state home.State) {
	if state.Supervisor.Signal(syscall.SIGTERM) == nil {
		state.Supervisor.WaitGone(askPatience)
	}
}

// EndAll ends what still runs of a lab, by force. Whatever has a process id of the lab's but is not the lab's is left alone.
func EndAll(state home.State) {
	_ = state.Supervisor.Signal(syscall.SIGKILL) // first, or it would start the others again
	for _, c := range state.Components {
		_ = c.Process.Signal(syscall.SIGKILL)
	}
	for _, c := range state.Components {
		c.Process.WaitGone(killPatience)
	}
}

// forget clears the folder, once nobody holds it any more.
func forget(dir home.Dir) error {
	claim, err := dir.Claim()
	if err != nil {
		return fmt.Errorf("the lab was told to end, but: %w", err)
	}
	defer claim.Release()
	return dir.Clear()
}
