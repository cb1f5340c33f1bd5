// Package cluster drives bin/lab for tests, benchmarks and the demo: start a cluster, install Plimsoll's manifests into it,
// and run the manager beside it, as the ServiceAccount that the manifests give it.
package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Options say what kind of cluster.
type Options struct {
	// Dir holds everything of the cluster. It is made if it is missing.
	Dir string
	// Nodes is their number; 0 leaves it to the lab.
	Nodes int
	// Progress is where the lab says how far it is; nil throws that away.
	Progress io.Writer
}

// Cluster is a running lab.
type Cluster struct {
	// Dir, Kubeconfig and APIServer as `lab up` printed them.
	Dir        string `json:"dir"`
	Kubeconfig string `json:"kubeconfig"`
	APIServer  string `json:"apiServer"`

	program string
}

// Program finds a program of the repository: by an environment variable (make sets it), else in bin/ of the checkout.
func Program(variable, name string) (string, error) {
	path := os.Getenv(variable)
	if path == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		path = filepath.Join(root, "bin", name)
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%s is not built: %w (make bin/%s; or say where it is by %s)", name, err, name, variable)
	}
	return path, nil
}

// Root is the folder of the checkout, found upwards from the working directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil &&
			bytes.Contains(text, []byte("module github.com/plimsoll-dev/plimsoll\n")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not inside a checkout of Plimsoll: no go.mod of its module above the working directory")
		}
		dir = parent
	}
}

// Up starts a cluster that ends with this process, whatever becomes of it.
func Up(ctx context.Context, options Options) (*Cluster, error) {
	program, err := Program("LAB_BIN", "lab")
	if err != nil {
		return nil, err
	}
	args := []string{"up", "--dir", options.Dir, "--detach", "--owner-pid", fmt.Sprint(os.Getpid()), "-o", "json"}
	if options.Nodes > 0 {
		args = append(args, "--nodes", fmt.Sprint(options.Nodes))
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var answer, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &answer, &said
	if options.Progress != nil {
		cmd.Stderr = io.MultiWriter(options.Progress, &said)
	}
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, said.String())
	}
	c := &Cluster{program: program}
	if err := json.Unmarshal(answer.Bytes(), c); err != nil {
		return nil, fmt.Errorf("what lab up printed: %w\n%s", err, answer.String())
	}
	return c, nil
}

// Down ends the cluster and all that belongs to it.
func (c *Cluster) Down(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, c.program, "down", "--dir", c.Dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("lab down: %w\n%s", err, out)
	}
	return nil
}

// Status gives what `lab status -o json` prints: the components and their processes.
func (c *Cluster) Status(ctx context.Context) ([]byte, error) {
	out, err := exec.CommandContext(ctx, c.program, "status", "--dir", c.Dir, "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("lab status: %w", err)
	}
	return out, nil
}

// REST gives a client configuration for the cluster's administrator.
func (c *Cluster) REST() (*rest.Config, error) {
	return clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
}

// Kubectl runs kubectl as the administrator and gives its standard output. The error holds what it said on standard error.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	return c.KubectlIn(ctx, "", args...)
}

// KubectlIn is Kubectl with a standard input, as for `apply -f -`.
func (c *Cluster) KubectlIn(ctx context.Context, input string, args ...string) (string, error) {
	out, said, err := c.KubectlBoth(ctx, input, args...)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, said)
	}
	return out, err
}

// KubectlBoth gives standard output and standard error apart: warnings of admission come on the latter.
func (c *Cluster) KubectlBoth(ctx context.Context, input string, args ...string) (out, said string, err error) {
	cmd := exec.CommandContext(ctx, c.program, append([]string{"kubectl", "--dir", c.Dir, "--"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &stdout, &stderr
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return stdout.String(), stderr.String(), err
}
