package supervise

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// process is one member of a group, over all its restarts.
type process struct {
	group  *Group
	spec   Spec
	status *Status
	budget budget
	cmd    *exec.Cmd
}

// start starts it once. The group's lock is held from the check to the entry, so that Kill misses none.
func (p *process) start() error {
	log, err := os.OpenFile(p.spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log of %s: %w", p.spec.Name, err)
	}
	defer func() { _ = log.Close() }() // the child has its own handle
	p.cmd = p.command(log)

	p.group.mu.Lock()
	err = p.launch()
	p.group.mu.Unlock()
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.spec.Name, err)
	}
	p.group.observer.Changed()
	return nil
}

func (p *process) command(log *os.File) *exec.Cmd {
	return &exec.Cmd{
		Path:        p.group.executable,
		Args:        append([]string{p.spec.Name}, p.spec.Args...),
		Env:         append(append(os.Environ(), p.spec.Env...), livenessEnv+"="+strconv.Itoa(livenessFD)),
		Dir:         "/", // no folder is kept busy
		Stdout:      log,
		Stderr:      log,
		ExtraFiles:  []*os.File{p.group.liveness},
		SysProcAttr: sysProcAttr(),
	}
}

func (p *process) launch() error {
	select {
	case <-p.group.closing:
		return ErrClosed
	default:
	}
	if err := p.group.spawner.start(p.cmd); err != nil {
		return err
	}
	identity, err := proc.Of(p.cmd.Process.Pid)
	if err != nil {
		// It ended at once. There is an id still, since nobody has collected it; watch will.
		identity = proc.Identity{PID: p.cmd.Process.Pid}
	}
	if p.status.Process.PID == 0 {
		p.group.statuses = append(p.group.statuses, p.status)
	}
	p.status.Process = identity
	return nil
}

// watch collects the process, and starts it again where that is due, until the group comes down.
func (p *process) watch() {
	defer p.group.watchers.Done()
	for {
		exit := describeExit(p.cmd.Wait())
		select {
		case <-p.group.closing:
			return
		default:
		}
		p.group.update(func() { p.status.LastExit = time.Now().Format(time.TimeOnly) + " " + exit })
		if err := p.restart(exit); err != nil {
			p.group.fail(err)
			return
		}
	}
}

func (p *process) restart(exit string) error {
	if !p.group.isKept() {
		return p.failure(exit, "before the lab was ready")
	}
	pause, ok := p.budget.take(time.Now())
	if !ok {
		return p.failure(exit, fmt.Sprintf("more than %d times in %v", p.budget.most, p.budget.window))
	}
	p.group.observer.Restarting(p.spec.Name, exit)
	if !p.group.pause(pause) {
		return ErrClosed
	}
	if err := p.start(); err != nil {
		return err
	}
	p.group.update(func() { p.status.Restarts++ })
	return nil
}

func (p *process) failure(exit, when string) error {
	return &ExitError{Name: p.spec.Name, Exit: exit, When: when, Log: p.spec.Log}
}

// ExitError says that a process ended that should not have.
type ExitError struct {
	Name, Exit, When, Log string
}

// Error is one line; Tail of the log says more.
func (e *ExitError) Error() string {
	return fmt.Sprintf("%s ended %s (%s); its log is %s", e.Name, e.When, e.Exit, e.Log)
}

func describeExit(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
