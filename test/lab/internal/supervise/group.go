// Package supervise keeps a group of processes that live and die together.
package supervise

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// Spec is a process to keep.
type Spec struct {
	Name string   // what it is called, in argv[0] too
	Args []string // after the name
	Env  []string // beside the supervisor's own environment
	Log  string   // the file that takes what it prints; it grows
}

// Status is one process as it is now.
type Status struct {
	Name     string        `json:"name"`
	Process  proc.Identity `json:"process"`
	Restarts int           `json:"restarts"`
	// LastExit says how and when it last ended, if it ever did.
	LastExit string `json:"lastExit,omitempty"`
}

// Observer is told what happens in a group, by its watchers: from several goroutines.
type Observer interface {
	// Changed is called whenever a process was started or has ended: Statuses says something new.
	Changed()
	// Restarting is called when a process has ended that shall go on, with how it ended.
	Restarting(name, exit string)
}

// ErrClosed is the answer to starting something in a group that is coming down.
var ErrClosed = errors.New("the lab is coming down")

// Group is a set of processes. When one ends during the start, that is the group's failure; once the group is kept, it is
// started again, within a budget. Killing the group ends all of them, and so does the end of this process, of whatever kind.
type Group struct {
	executable string
	budget     budget // of each process
	spawner    spawner
	liveness   *os.File // the end that children watch
	hold       *os.File // the end that is open as long as this process lives
	observer   Observer
	failed     chan error
	closing    chan struct{}
	watchers   sync.WaitGroup

	mu       sync.Mutex
	kept     bool
	statuses []*Status
}

// NewGroup makes an empty group. It occupies an operating system thread from now on: see spawner.
func NewGroup(observer Observer) (*Group, error) {
	executable, err := OwnExecutable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's file: %w", err)
	}
	liveness, hold, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the liveness pipe: %w", err)
	}
	g := &Group{
		executable: executable,
		budget:     restartBudget(),
		spawner:    spawner{requests: make(chan spawnRequest)},
		liveness:   liveness,
		hold:       hold,
		observer:   observer,
		failed:     make(chan error, 1),
		closing:    make(chan struct{}),
	}
	go g.spawner.run()
	return g, nil
}

// Start starts a process and watches over it from now on.
func (g *Group) Start(spec Spec) error {
	status := &Status{Name: spec.Name}
	p := &process{group: g, spec: spec, status: status, budget: g.budget}
	if err := p.start(); err != nil {
		return err
	}
	g.watchers.Add(1)
	go p.watch()
	return nil
}

// Keep says that the start is over: from now on a process that ends is started again.
func (g *Group) Keep() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.kept = true
}

// Failed yields the error that the group cannot live with.
func (g *Group) Failed() <-chan error { return g.failed }

// Statuses are all processes, in the order of their start.
func (g *Group) Statuses() []Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	statuses := make([]Status, len(g.statuses))
	for i, s := range g.statuses {
		statuses[i] = *s
	}
	return statuses
}

// Kill ends all processes at once and returns when they have ended. A lab keeps nothing, so nothing has to be flushed, and
// asking an API server politely takes as long as its clients' watches.
func (g *Group) Kill() {
	g.mu.Lock()
	select {
	case <-g.closing:
	default:
		close(g.closing)
	}
	for _, s := range g.statuses {
		_ = s.Process.Signal(syscall.SIGKILL) // gone is what it shall be
	}
	g.mu.Unlock()
	g.watchers.Wait()
}

func (g *Group) fail(err error) {
	select {
	case g.failed <- err:
	default: // the first failure is the one to tell
	}
}

// update changes the status of a process under the lock, then tells the observer.
func (g *Group) update(change func()) {
	g.mu.Lock()
	change()
	g.mu.Unlock()
	g.observer.Changed()
}

func (g *Group) isKept() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.kept
}

// pause waits, or says that the group is coming down.
func (g *Group) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-g.closing:
		return false
	}
}
