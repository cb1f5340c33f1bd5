// Package home is the folder of one lab: where each thing lies, who holds it, and what is known about the lab that runs in it.
package home

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Dir is the folder of a lab, as an absolute path.
type Dir string

// The parts of the folder. What is not in this list is not the lab's, and is never touched.
const (
	lockName       = "lab.lock"
	stateName      = "state.json"
	kubeconfigName = "kubeconfig"
	pkiName        = "pki"
	etcdName       = "etcd"
	binName        = "bin"
	logsName       = "logs"
	kwokName       = "kwok"
)

// Open is the lab's folder at this path. It need not exist yet.
func Open(path string) (Dir, error) {
	if path == "" {
		return "", errors.New(`the lab's folder is "": name one with --dir`)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("the lab's folder %q: %w", path, err)
	}
	return Dir(abs), nil
}

// Default is where a lab lives that was given no folder: it outlives neither the user's wish nor, as state, a backup.
func Default() string {
	if dir := os.Getenv("LAB_DIR"); dir != "" {
		return dir
	}
	if state := os.Getenv("XDG_STATE_HOME"); state != "" {
		return filepath.Join(state, "plimsoll-lab")
	}
	if user, err := os.UserHomeDir(); err == nil {
		return filepath.Join(user, ".local", "state", "plimsoll-lab")
	}
	return filepath.Join(os.TempDir(), "plimsoll-lab")
}

func (d Dir) join(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}

// Kubeconfig is the administrator's.
func (d Dir) Kubeconfig() string { return d.join(kubeconfigName) }

// PKI is a file of keys and certificates.
func (d Dir) PKI(name string) string { return d.join(pkiName, name) }

// Etcd is the data of etcd.
func (d Dir) Etcd() string { return d.join(etcdName) }

// Bin holds a link for each program, by its own name: put it in PATH, or give it to envtest as KUBEBUILDER_ASSETS.
func (d Dir) Bin() string { return d.join(binName) }

// Log is what a component, or the supervisor, prints.
func (d Dir) Log(name string) string { return d.join(logsName, name+".log") }

// Kwok holds KWOK's configuration.
func (d Dir) Kwok(name string) string { return d.join(kwokName, name) }

// Prepare makes the folder ready for a new lab: what an older one left is removed, its logs too. Only the holder of the
// folder's claim may do so.
func (d Dir) Prepare() error {
	if err := d.remove(stateName, kubeconfigName, pkiName, etcdName, binName, kwokName, logsName); err != nil {
		return err
	}
	for _, name := range []string{pkiName, etcdName, binName, kwokName, logsName} {
		if err := os.Mkdir(d.join(name), 0o700); err != nil {
			return fmt.Errorf("preparing the lab's folder: %w", err)
		}
	}
	return nil
}

// Clear removes what a lab that is down needs no more. Its logs stay, until the next one starts.
func (d Dir) Clear() error {
	return d.remove(stateName, kubeconfigName, pkiName, etcdName, binName, kwokName)
}

// LeaveWord writes down what happened to the lab, for whoever comes to look. It stays with the logs until the next one starts.
func (d Dir) LeaveWord(text string) {
	if !d.has(lockName) {
		return // the folder was refused: nothing is written into it
	}
	if err := os.MkdirAll(d.join(logsName), 0o700); err != nil {
		return
	}
	f, err := os.OpenFile(d.Log("supervisor"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	_, _ = fmt.Fprintln(f, time.Now().Format(time.DateTime), text)
}

func (d Dir) remove(names ...string) error {
	for _, name := range names {
		if err := os.RemoveAll(d.join(name)); err != nil {
			return fmt.Errorf("clearing the lab's folder: %w", err)
		}
	}
	return nil
}

// create makes the folder, unless there is one of somebody else's making: that one is refused, since a lab would write into it,
// and clear its parts later.
func (d Dir) create() error {
	entries, err := os.ReadDir(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(string(d), 0o700); err != nil {
			return fmt.Errorf("creating the lab's folder: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("the lab's folder: %w", err)
	case len(entries) > 0 && !d.has(lockName):
		return fmt.Errorf("folder %s holds files that are not a lab's (%s, ...): name a new or an empty folder with --dir", d, entries[0].Name())
	}
	return nil
}

func (d Dir) has(name string) bool {
	_, err := os.Lstat(d.join(name))
	return err == nil
}
