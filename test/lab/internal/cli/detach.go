package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// A detached lab is this program once more, as `lab supervise CONFIG`, in a session of its own. Until the cluster is ready it
// reports to the one who started it, message by message, through a pipe.

// reportFD is where the supervisor finds that pipe: the first of exec.Cmd.ExtraFiles.
const reportFD = 3

// message has one of its parts.
type message struct {
	Step  *cluster.Step `json:"step,omitempty"`
	Ready *home.State   `json:"ready,omitempty"`
	Error string        `json:"error,omitempty"`
	Taken bool          `json:"taken,omitempty"`
}

// detached starts a supervisor and returns when its cluster is ready. It is cluster.Run in another process.
func detached(ctx context.Context, config cluster.Config, observer cluster.Observer) error {
	reports, theirs, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	defer func() { _ = reports.Close() }()
	command, err := supervisorCommand(config, theirs)
	if err != nil {
		return err
	}
	err = command.Start()
	_ = theirs.Close() // or its end would never be seen
	if err != nil {
		return fmt.Errorf("starting the supervisor: %w", err)
	}
	// Ctrl-C does not reach a process of another session.
	stop := context.AfterFunc(ctx, func() { _ = command.Process.Signal(syscall.SIGTERM) })
	defer stop()
	return follow(ctx, reports, observer)
}

func supervisorCommand(config cluster.Config, reports *os.File) (*exec.Cmd, error) {
	executable, err := supervise.OwnExecutable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's file: %w", err)
	}
	text, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("passing the configuration on: %w", err)
	}
	command := &exec.Cmd{
		Path:        executable,
		Args:        []string{"lab", "supervise", string(text)},
		Dir:         "/", // no folder is kept busy
		ExtraFiles:  []*os.File{reports},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if config.ExitOnStdinClose {
		command.Stdin = os.Stdin
	}
	return command, nil
}

// follow passes the supervisor's messages on until the last one.
func follow(ctx context.Context, reports io.Reader, observer cluster.Observer) error {
	for decoder := json.NewDecoder(reports); ; {
		var m message
		if err := decoder.Decode(&m); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted; the lab is down again")
			}
			return fmt.Errorf("the supervisor ended before the lab was ready: %w", err)
		}
		switch {
		case m.Step != nil:
			observer.Stepped(*m.Step)
		case m.Ready != nil:
			observer.Ready(*m.Ready)
			return nil
		case m.Taken:
			return home.ErrTaken
		case m.Error != "":
			return errors.New(m.Error)
		}
	}
}

// newSupervise is the other side.
func newSupervise() *cobra.Command {
	return &cobra.Command{
		Use:    "supervise CONFIG",
		Short:  "Hold a lab that was started with --detach",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			var config cluster.Config
			if err := json.Unmarshal([]byte(args[0]), &config); err != nil {
				return fmt.Errorf("the configuration %q: %w", args[0], err)
			}
			return superviseLab(command.Context(), config)
		},
	}
}

func superviseLab(ctx context.Context, config cluster.Config) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &reporter{pipe: os.NewFile(reportFD, "reports"), cancel: cancel}
	defer func() { _ = r.pipe.Close() }()
	err := cluster.Run(ctx, config, r)
	switch {
	case errors.Is(err, home.ErrTaken):
		r.send(message{Taken: true})
	case err != nil:
		home.Dir(config.Dir).LeaveWord(explain(err))
		r.send(message{Error: explain(err)})
	}
	return err
}

// reporter is the observer that sends messages.
type reporter struct {
	pipe   *os.File
	cancel context.CancelFunc
}

// Stepped implements cluster.Observer.
func (r *reporter) Stepped(step cluster.Step) { r.send(message{Step: &step}) }

// Ready implements cluster.Observer.
func (r *reporter) Ready(state home.State) {
	r.send(message{Ready: &state})
	_ = r.pipe.Close()
}

// Restarting implements cluster.Observer. By then, nobody listens.
func (r *reporter) Restarting(string, string) {}

// send sends one message, in one write. A lab whose starter has gone before it was ready has nobody who would use it, or end it.
func (r *reporter) send(m message) {
	text, err := json.Marshal(m)
	if err != nil {
		return
	}
	if _, err := r.pipe.Write(append(text, '\n')); err != nil {
		r.cancel()
	}
}
