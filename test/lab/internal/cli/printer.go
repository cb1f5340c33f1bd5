package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
)

// printer tells a person, or a script, how the start goes: what happens on standard error, what it led to on standard output.
type printer struct {
	options        *upOptions
	begin          time.Time
	alreadyRunning bool
	mu             sync.Mutex // lines come from several goroutines
}

// Stepped implements cluster.Observer.
func (p *printer) Stepped(step cluster.Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(os.Stderr, "  %-26s %5.1fs\n", step.What, step.Took.Seconds())
}

// Restarting implements cluster.Observer.
func (p *printer) Restarting(component, exit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	log := home.Dir(p.options.config.Dir).Log(component)
	fmt.Fprintf(os.Stderr, "%s ended (%s) and is started again; its log is %s\n", component, exit, log)
}

// upResult is what `lab up -o json` prints. Scripts read it: names stay.
type upResult struct {
	Dir            string `json:"dir"`
	Kubeconfig     string `json:"kubeconfig"`
	APIServer      string `json:"apiServer"`
	Kubernetes     string `json:"kubernetes"`
	Nodes          int    `json:"nodes"`
	Bin            string `json:"bin"`           // links to kubectl and the others, good as KUBEBUILDER_ASSETS
	SupervisorPID  int    `json:"supervisorPID"` // end it with SIGTERM, or with `lab down`
	AlreadyRunning bool   `json:"alreadyRunning"`
}

// Ready implements cluster.Observer.
func (p *printer) Ready(state home.State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell(state)
	dir := home.Dir(p.options.config.Dir)
	if p.options.output == "path" {
		fmt.Println(dir.Kubeconfig())
		return
	}
	// Strings and numbers: there is nothing that could fail to be encoded.
	_ = json.NewEncoder(os.Stdout).Encode(upResult{
		Dir:            string(dir),
		Kubeconfig:     dir.Kubeconfig(),
		APIServer:      state.APIServer,
		Kubernetes:     state.Kubernetes,
		Nodes:          state.Nodes,
		Bin:            dir.Bin(),
		SupervisorPID:  state.Supervisor.PID,
		AlreadyRunning: p.alreadyRunning,
	})
}

func (p *printer) tell(state home.State) {
	dir, took := p.options.config.Dir, time.Since(p.begin).Seconds()
	switch {
	case p.alreadyRunning:
		fmt.Fprintf(os.Stderr, "a lab already runs in %s: Kubernetes %s, %d nodes, since %s\n",
			dir, state.Kubernetes, state.Nodes, state.Started.Format(time.DateTime))
	case p.options.detach:
		fmt.Fprintf(os.Stderr, "Kubernetes %s is ready after %.1fs; end it: lab down --dir %s\n", state.Kubernetes, took, dir)
	default:
		fmt.Fprintf(os.Stderr, "Kubernetes %s is ready after %.1fs; Ctrl-C ends it\n", state.Kubernetes, took)
	}
}
