package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// Phase is how far a lab is.
type Phase string

// The phases of a lab. It is Starting until everything answered once, and Ready from then on.
const (
	Starting Phase = "starting"
	Ready    Phase = "ready"
)

// State is what the supervisor of a running lab writes down about it, for the other commands.
type State struct {
	Phase      Phase         `json:"phase"`
	Supervisor proc.Identity `json:"supervisor"`
	Started    time.Time     `json:"started"`
	Kubernetes string        `json:"kubernetes"` // its version
	APIServer  string        `json:"apiServer"`  // its URL
	Nodes      int           `json:"nodes"`
	Components []Component   `json:"components"`
}

// Component is one of the lab's programs.
type Component struct {
	supervise.Status
	Port   int    `json:"port"`
	Health string `json:"health"` // the URL that says whether it is ready
}

// ErrNoState says that nothing is written down: no lab has begun here.
var ErrNoState = errors.New("no lab has been started in this folder")

// ReadState reads what is written down. It may be stale: ask Taken.
func (d Dir) ReadState() (State, error) {
	text, err := os.ReadFile(d.join(stateName))
	if errors.Is(err, os.ErrNotExist) {
		return State{}, ErrNoState
	}
	if err != nil {
		return State{}, fmt.Errorf("the lab's state: %w", err)
	}
	var state State
	if err := json.Unmarshal(text, &state); err != nil {
		return State{}, fmt.Errorf("the lab's state in %s: %w", d.join(stateName), err)
	}
	return state, nil
}

// WriteState replaces what is written down, in one step, so that a reader sees the old or the new state.
func (d Dir) WriteState(state State) error {
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return fmt.Errorf("the lab's state: %w", err)
	}
	next := d.join(stateName + ".next")
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("the lab's state: %w", err)
	}
	if err := os.Rename(next, d.join(stateName)); err != nil {
		return fmt.Errorf("the lab's state: %w", err)
	}
	return nil
}
