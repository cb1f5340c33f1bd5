package fence

import (
	"context"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Lock gives a lease that tells the fence of its renewals.
func (f *Fence) Lock(lease resourcelock.Interface) resourcelock.Interface {
	return &lock{Interface: lease, fence: f}
}

type lock struct {
	resourcelock.Interface
	fence *Fence
}

// Get notices a lease that somebody else has.
func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err == nil && record.HolderIdentity != l.Identity() {
		l.fence.lose()
	}
	return record, raw, err
}

// Create takes a lease that was not there.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, l.Interface.Create)
}

// Update takes the lease, renews it, or gives it up.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, l.Interface.Update)
}

// write notes a renewal as of its beginning: others count from when they see it, which is later. Giving up counts as of its
// beginning too: it may come true although the answer is lost.
func (l *lock) write(
	ctx context.Context, record resourcelock.LeaderElectionRecord, write func(context.Context, resourcelock.LeaderElectionRecord) error,
) error {
	ours := record.HolderIdentity == l.Identity()
	if !ours {
		l.fence.lose()
	}
	begun := l.fence.now()
	err := write(ctx, record)
	if err == nil && ours {
		l.fence.renew(begun)
	}
	return err
}
