package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

//go:embed workloads.yaml
var workloads string

// stage is what the demo plays on.
type stage struct {
	options options
	dir     string
	cluster *cluster.Cluster
	queue   *queue
	manager *cluster.Manager
	log     *os.File
}

// build starts everything, one step after the other. What was started is in the stage even when a later step fails.
func build(ctx context.Context, o options, s *screen) (*stage, error) {
	st := &stage{options: o}
	s.Title("1. A cluster, Plimsoll, and a queue")
	for _, step := range []struct {
		name string
		do   func(context.Context) (string, error)
	}{
		{"Kubernetes control plane", st.startCluster},
		{"CRDs, RBAC, webhook", st.install},
		{"Plimsoll", st.startManager},
		{"Redis", st.startQueue},
	} {
		began := time.Now()
		detail, err := step.do(ctx)
		if err != nil {
			return st, fmt.Errorf("%s: %w", step.name, err)
		}
		s.Say("  ✓ %-26s %5.1f s   %s", step.name, time.Since(began).Seconds(), detail)
	}
	return st, nil
}

func (st *stage) startCluster(ctx context.Context) (detail string, err error) {
	st.dir = st.options.Dir
	if st.dir == "" {
		if st.dir, err = os.MkdirTemp("", "plimsoll-demo-"); err != nil {
			return "", err
		}
	}
	if st.cluster, err = cluster.Up(ctx, cluster.Options{Dir: filepath.Join(st.dir, "lab")}); err != nil {
		return "", err
	}
	version, err := st.cluster.Kubectl(ctx, "get", "nodes", "-o", "jsonpath={range .items[*]}{.metadata.name} {end}")
	return fmt.Sprintf("at %s, %d simulated nodes", st.cluster.APIServer, len(strings.Fields(version))), err
}

func (st *stage) install(ctx context.Context) (string, error) {
	port, err := cluster.FreePort()
	if err != nil {
		return "", err
	}
	st.manager = &cluster.Manager{WebhookPort: port}
	return "kubectl apply -k manifests/overlays/self-signed", st.cluster.Install(ctx, port)
}

func (st *stage) startManager(ctx context.Context) (string, error) {
	var err error
	if st.log, err = os.Create(filepath.Join(st.dir, "plimsoll.log")); err != nil {
		return "", err
	}
	manager, err := st.cluster.StartManager(ctx, cluster.ManagerOptions{WebhookPort: st.manager.WebhookPort, Log: st.log})
	st.manager = manager
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, tail(st.log.Name(), 10))
	}
	return "bin/plimsoll, with the rights that manifests/rbac gives it", nil
}

func (st *stage) startQueue(ctx context.Context) (detail string, err error) {
	if st.queue, err = startQueue(ctx, st.dir); err != nil {
		return "", err
	}
	return st.queue.Kind, nil
}

// manifests are the workloads, with this run's queue filled in.
func (st *stage) manifests() string {
	return strings.NewReplacer("${REDIS_ADDRESS}", st.queue.Address, "${REDIS_PASSWORD}", password).Replace(workloads)
}

// Close ends everything, last started first. It does not use the context of the run: after Ctrl-C that one is over.
func (st *stage) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var errs []error
	if st.queue != nil {
		st.queue.Stop()
	}
	if st.manager != nil && st.manager.Started() {
		errs = append(errs, st.manager.Stop())
	}
	if st.log != nil {
		errs = append(errs, st.log.Close())
	}
	if st.cluster != nil {
		errs = append(errs, st.cluster.Down(ctx))
	}
	if st.dir != "" && st.options.Dir == "" {
		errs = append(errs, os.RemoveAll(st.dir))
	}
	return errors.Join(errs...)
}

// tail gives the last lines of a file.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
