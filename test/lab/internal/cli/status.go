package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cluster"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/proc"
)

// statusReport is what `lab status -o json` prints. Scripts read it: names stay.
type statusReport struct {
	Dir        string            `json:"dir"`
	Phase      home.Phase        `json:"phase"`
	Ready      bool              `json:"ready"`
	Kubernetes string            `json:"kubernetes"`
	APIServer  string            `json:"apiServer"`
	Kubeconfig string            `json:"kubeconfig"`
	Nodes      int               `json:"nodes"`
	Started    time.Time         `json:"started"`
	Components []componentReport `json:"components"`
}

type componentReport struct {
	Name        string `json:"name"`
	PID         int    `json:"pid"`
	Port        int    `json:"port,omitempty"`
	Ready       bool   `json:"ready"`
	Why         string `json:"why,omitempty"` // it is not ready
	MemoryBytes int64  `json:"memoryBytes"`
	Restarts    int    `json:"restarts"`
	LastExit    string `json:"lastExit,omitempty"`
}

func newStatus() *cobra.Command {
	var path, output string
	command := &cobra.Command{
		Use:   "status",
		Short: "Say how a cluster's components are",
		Long:  `Asks each component of the cluster in the folder whether it is ready. The exit code is 1 unless a lab runs and all of it is.`,
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if output != "table" && output != "json" {
				return fmt.Errorf("--output is %q, want table or json", output)
			}
			report, err := newReport(command.Context(), path)
			if err != nil {
				return err
			}
			if err := report.print(os.Stdout, output); err != nil {
				return fmt.Errorf("printing the status: %w", err)
			}
			if !report.Ready {
				return errSaid
			}
			return nil
		},
	}
	addDir(command, &path)
	command.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return command
}

func newReport(ctx context.Context, path string) (*statusReport, error) {
	dir, state, err := running(path)
	if err != nil {
		return nil, err
	}
	prober, err := cluster.NewProber(dir)
	if err != nil {
		return nil, err
	}
	r := &statusReport{
		Dir:        string(dir),
		Phase:      state.Phase,
		Ready:      state.Phase == home.Ready,
		Kubernetes: state.Kubernetes,
		APIServer:  state.APIServer,
		Kubeconfig: dir.Kubeconfig(),
		Nodes:      state.Nodes,
		Started:    state.Started,
		Components: reportComponents(ctx, prober, state.Components),
	}
	for _, c := range r.Components {
		r.Ready = r.Ready && c.Ready
	}
	supervisor := componentReport{Name: "supervisor", PID: state.Supervisor.PID, Ready: true}
	supervisor.MemoryBytes, _ = proc.Memory(supervisor.PID)
	r.Components = append(r.Components, supervisor)
	return r, nil
}

// reportComponents asks all at the same time: one that hangs does not hold up the others.
func reportComponents(ctx context.Context, prober *cluster.Prober, components []home.Component) []componentReport {
	reports := make([]componentReport, len(components))
	var all sync.WaitGroup
	for i, c := range components {
		all.Go(func() { reports[i] = reportComponent(ctx, prober, c) })
	}
	all.Wait()
	return reports
}

func reportComponent(ctx context.Context, prober *cluster.Prober, c home.Component) componentReport {
	r := componentReport{Name: c.Name, PID: c.Process.PID, Port: c.Port, Restarts: c.Restarts, LastExit: c.LastExit}
	if !c.Process.Alive() {
		r.Why = "its process has ended"
		return r
	}
	r.MemoryBytes, _ = proc.Memory(r.PID)
	if err := prober.Ready(ctx, c.Name, c.Health); err != nil {
		r.Why = err.Error()
		return r
	}
	r.Ready = true
	return r
}

func (r *statusReport) print(w io.Writer, output string) error {
	if output == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	fmt.Fprintf(w, "%s  Kubernetes %s  %d nodes  %s since %s\n\n",
		r.APIServer, r.Kubernetes, r.Nodes, r.Phase, r.Started.Format(time.DateTime))
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "COMPONENT\tPID\tPORT\tREADY\tMEMORY\tRESTARTS\tREMARK")
	for _, c := range r.Components {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d MiB\t%d\t%s\n", c.Name, c.PID, c.port(), yes(c.Ready), c.MemoryBytes>>20, c.Restarts, c.remark())
	}
	return t.Flush()
}

func (c componentReport) port() string {
	if c.Port == 0 {
		return "-"
	}
	return fmt.Sprint(c.Port)
}

// remark says what is wrong, or was.
func (c componentReport) remark() string {
	if c.Why != "" {
		return c.Why
	}
	if c.LastExit != "" {
		return "ended " + c.LastExit
	}
	return ""
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
