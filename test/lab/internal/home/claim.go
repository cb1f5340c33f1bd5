package home

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrTaken says that a lab runs in this folder, or is just coming up or down.
var ErrTaken = errors.New("a lab runs in this folder")

// Claim is the right to run a lab in a folder. The kernel gives it up when its holder ends, however it ends: so a claim that
// can be had means that no lab runs here, whatever state.json says after a crash or a reboot.
type Claim struct {
	lock *os.File
}

// Claim takes the folder, creating it if need be, or says ErrTaken.
func (d Dir) Claim() (*Claim, error) {
	if err := d.create(); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(d.join(lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claiming the lab's folder: %w", err)
	}
	if err := flock(lock, syscall.LOCK_EX); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("claiming %s: %w", d, err)
	}
	return &Claim{lock: lock}, nil
}

// Release gives the folder up.
func (c *Claim) Release() { _ = c.lock.Close() }

// Taken says whether somebody holds the claim.
func (d Dir) Taken() (bool, error) {
	lock, err := os.Open(d.join(lockName))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for a lab: %w", err)
	}
	defer func() { _ = lock.Close() }()
	err = flock(lock, syscall.LOCK_SH)
	if errors.Is(err, ErrTaken) {
		return true, nil
	}
	return false, err
}

func flock(f *os.File, how int) error {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return nil
}
