// Command lab is a Kubernetes cluster in one program: a real control plane and simulated nodes, for tests, for demos, and to
// try things on with nothing else installed. See README.md.
package main

import (
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/cli"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/component"
)

func main() {
	nameProcess(filepath.Base(os.Args[0]))
	// The name it is called by picks the program, as busybox does: `ln -s lab kubectl` is a kubectl.
	if program, ok := component.Lookup(os.Args[0]); ok {
		os.Exit(program(os.Args))
	}
	// Kubernetes' packages put flags of their own into the set of the whole process, which cobra adds to every command.
	pflag.CommandLine = pflag.NewFlagSet("lab", pflag.ExitOnError)
	os.Exit(cli.Run(os.Args[1:]))
}

// nameProcess makes top and ps show what this process is. All are started from the same file, by a name that says nothing. Where
// there is no such file, they show that.
func nameProcess(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) }
