package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

var errStartTimeout = errors.New("the start took too long")

// Observer is told what happens. Its methods are called from several goroutines.
type Observer interface {
	// Stepped is called for every step of the start.
	Stepped(Step)
	// Ready is called once, when the cluster can be used.
	Ready(home.State)
	// Restarting is called when a component has ended and will be started again.
	Restarting(component, exit string)
}

// Run holds a lab: it starts it and returns when it is down again. It is down for a reason, which is the error: nil when ctx
// was cancelled.
func Run(ctx context.Context, config Config, observer Observer) error {
	dir, err := home.Open(config.Dir)
	if err != nil {
		return err
	}
	claim, err := dir.Claim()
	if err != nil {
		return err
	}
	defer claim.Release()
	if err := Clean(dir); err != nil {
		return err
	}
	lab, err := newLab(config, dir, observer)
	if err != nil {
		return err
	}
	defer lab.plan.ports.Release()
	err = lab.run(ctx)
	lab.group.Kill()
	return errors.Join(err, dir.Clear())
}

// Clean ends what an older lab of this folder may have left running, and forgets it. Only the holder of the claim may do so.
// There should be nothing to end: processes end with their supervisor. But it is checked, and each by its identity: after a
// reboot, their ids are those of others.
func Clean(dir home.Dir) error {
	state, err := dir.ReadState()
	if errors.Is(err, home.ErrNoState) {
		return nil
	}
	if err == nil { // an unreadable state names nobody
		EndAll(state)
	}
	return dir.Clear()
}

// lab is a lab while it runs.
type lab struct {
	plan     plan
	group    *supervise.Group
	observer Observer

	mu    sync.Mutex // guards state, and its file
	state home.State
}

func newLab(config Config, dir home.Dir, observer Observer) (*lab, error) {
	ports, err := freePorts()
	if err != nil {
		return nil, err
	}
	self, err := proc.Self()
	if err != nil {
		return nil, err
	}
	l := &lab{plan: plan{config: config, dir: dir, ports: ports}, observer: observer, state: home.State{
		Phase:      home.Starting,
		Supervisor: self,
		Started:    time.Now().Round(time.Second),
		Kubernetes: KubernetesVersion(),
		APIServer:  url(ports.apiServer, ""),
		Nodes:      config.Nodes,
	}}
	l.group, err = supervise.NewGroup(l)
	return l, err
}

// run starts the cluster and waits for a reason to end it: nil if it was asked to, or is needed no more.
func (l *lab) run(asked context.Context) error {
	ctx, cancel := context.WithCancelCause(asked)
	defer cancel(nil)
	go l.watchReasons(ctx, cancel)

	err := l.start(ctx)
	if err == nil {
		<-ctx.Done()
	}
	cause := context.Cause(ctx)
	switch {
	case asked.Err() != nil, errors.Is(cause, errOwnerGone), errors.Is(cause, errStdinClosed):
		return nil
	case cause != nil: // what happened comes before what that led to
		return cause
	default:
		return err
	}
}

func (l *lab) start(ctx context.Context) error {
	if err := l.furnishDir(); err != nil {
		return err
	}
	prober, err := NewProber(l.plan.dir)
	if err != nil {
		return err
	}
	timed, cancel := context.WithTimeoutCause(ctx, l.plan.config.Timeout, errStartTimeout)
	defer cancel()
	s := &starter{plan: l.plan, group: l.group, prober: prober, progress: l.observer.Stepped}
	if err := s.start(timed); err != nil {
		return err
	}
	l.group.Keep()
	l.observer.Ready(l.setReady())
	return nil
}

// furnishDir lays out the lab's folder.
func (l *lab) furnishDir() error {
	if err := l.plan.dir.Prepare(); err != nil {
		return err
	}
	l.Changed()
	if err := writeCredentials(l.plan.dir, l.state.APIServer); err != nil {
		return err
	}
	if err := l.plan.writeKwokConfig(); err != nil {
		return err
	}
	return LinkPrograms(l.plan.dir.Bin())
}

// watchReasons cancels when one of the reasons for which a lab ends by itself comes to be.
func (l *lab) watchReasons(ctx context.Context, cancel context.CancelCauseFunc) {
	stdin := make(chan struct{})
	if l.plan.config.ExitOnStdinClose {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			close(stdin)
		}()
	}
	const lookAtOwner = 200 * time.Millisecond
	owner := time.NewTicker(lookAtOwner)
	defer owner.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-l.group.Failed():
			cancel(err)
			return
		case <-stdin:
			cancel(errStdinClosed)
			return
		case <-owner.C:
			if o := l.plan.config.Owner; o != nil && !o.Alive() {
				cancel(errOwnerGone)
				return
			}
		}
	}
}

// Reasons for which a lab ends that are no failure of its own.
var (
	errOwnerGone   = errors.New("the lab's owner has ended")
	errStdinClosed = errors.New("the lab's standard input was closed")
)

// Changed implements supervise.Observer: it writes the state down, after something in it has changed. That it cannot be
// written is no reason to end a lab that works; the other commands will say that they know nothing of it.
func (l *lab) Changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Components = l.components()
	_ = l.plan.dir.WriteState(l.state)
}

// Restarting implements supervise.Observer.
func (l *lab) Restarting(component, exit string) {
	l.plan.dir.LeaveWord(fmt.Sprintf("%s ended (%s) and is started again", component, exit))
	l.observer.Restarting(component, exit)
}

func (l *lab) setReady() home.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.Phase = home.Ready
	_ = l.plan.dir.WriteState(l.state)
	return l.state
}

func (l *lab) components() []home.Component {
	var components []home.Component
	for _, status := range l.group.Statuses() {
		for _, u := range l.plan.units() {
			if u.name == status.Name {
				components = append(components, home.Component{Status: status, Port: u.port, Health: url(u.port, u.health)})
			}
		}
	}
	return components
}
