// Package component holds the programs that a cluster is made of, linked into this one. It is the only package that imports
// them, so that everything else here compiles in seconds.
package component

import (
	"path/filepath"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// Program is the main function of a component: it takes the whole command line, its name first, and answers the exit code.
type Program func(args []string) int

// Lookup finds a component by the name, or the path, that it is called by.
func Lookup(arg0 string) (Program, bool) {
	program, ok := programs()[filepath.Base(arg0)]
	if !ok {
		return nil, false
	}
	return func(args []string) int {
		supervise.EndWithParent()
		return program(args)
	}, true
}

func programs() map[string]Program {
	return map[string]Program{
		"etcd":                    etcd,
		"kube-apiserver":          apiServer,
		"kube-controller-manager": controllerManager,
		"kube-scheduler":          scheduler,
		"kubectl":                 kubectl,
		"kwok":                    kwok,
		"metrics-server":          metricsServer,
	}
}
