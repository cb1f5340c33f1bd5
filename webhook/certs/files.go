package certs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-logr/logr"
)

// pollInterval is how often files are read again. The kubelet takes up to a minute to bring a changed Secret, and
// certificates are renewed weeks before they expire, so nothing is won by watching; two small files cost nothing to read.
const pollInterval = 10 * time.Second

// Files keeps a Source current from tls.crt and tls.key in a folder, such as a mounted Secret of cert-manager's.
type Files struct {
	Source *Source
	Folder string
}

// NeedLeaderElection tells the manager that every replica serves.
func (*Files) NeedLeaderElection() bool { return false }

// Start reads until ctx is done. Files that are missing or wrong are waited for: readiness tells.
func (f *Files) Start(ctx context.Context) error {
	log := logr.FromContextOrDiscard(ctx).WithName("certificate").WithValues("folder", f.Folder)
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		f.read(log)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (f *Files) read(log logr.Logger) {
	changed, err := f.load()
	switch {
	case err != nil:
		log.Error(err, "certificate not usable")
	case changed:
		log.Info("certificate loaded", "notAfter", f.Source.Leaf().NotAfter)
	}
}

func (f *Files) load() (changed bool, err error) {
	cert, certErr := os.ReadFile(filepath.Join(f.Folder, certName))
	key, keyErr := os.ReadFile(filepath.Join(f.Folder, keyName))
	if err := errors.Join(certErr, keyErr); err != nil {
		return false, fmt.Errorf("reading certificate: %w", err)
	}
	return f.Source.Set(cert, key)
}
