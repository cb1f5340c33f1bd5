package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

// LinkPrograms makes links to this program in a folder, by the names of the programs it holds. Existing ones are replaced.
func LinkPrograms(dir string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program's file: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("links to programs: %w", err)
	}
	for _, name := range append(ComponentNames(), "kubectl") {
		link := filepath.Join(dir, name)
		if err := replaceLink(self, link); err != nil {
			return fmt.Errorf("link to %s: %w", name, err)
		}
	}
	return nil
}

// replaceLink removes only what is a link: a real program of that name is not a lab's to remove.
func replaceLink(target, link string) error {
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink != 0 {
		if err := os.Remove(link); err != nil {
			return err
		}
	}
	return os.Symlink(target, link)
}

const kubernetesModule = "k8s.io/kubernetes"

// Modules are the versions of what the lab is made of, as they were built in.
func Modules() map[string]string {
	modules := map[string]string{
		kubernetesModule:             "",
		"go.etcd.io/etcd/server/v3":  "",
		"sigs.k8s.io/kwok":           "",
		"sigs.k8s.io/metrics-server": "",
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return modules
	}
	for _, dep := range info.Deps {
		if _, wanted := modules[dep.Path]; wanted {
			modules[dep.Path] = dep.Version
		}
	}
	return modules
}

// KubernetesVersion is that of the API server.
func KubernetesVersion() string { return Modules()[kubernetesModule] }
