package main

import (
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/plimsoll-dev/plimsoll/controller/fence"
)

// The election of the replica that scales. Whoever leads renews the lease every retryPeriod, stops writing when it has not for
// the renewDeadline, and is succeeded after the leaseDuration: the difference is how long a write may be on its way.
const (
	leaseName     = "plimsoll-controller"
	leaseDuration = 15 * time.Second
	renewDeadline = 10 * time.Second
	retryPeriod   = 2 * time.Second
)

// elect has the manager lead by a lease, and gives the fence that closes when the lease is not renewed; nil where nobody else
// scales, by the flags.
func elect(c *config, config *rest.Config, o *ctrl.Options) (*fence.Fence, error) {
	if !c.LeaderElect || !c.has(roleController) {
		return nil, nil
	}
	lease, err := leaseOf(c, config)
	if err != nil {
		return nil, fmt.Errorf("preparing the lease %s/%s: %w", c.Namespace, leaseName, err)
	}
	f := fence.New(renewDeadline)
	lasts, within, every := leaseDuration, renewDeadline, retryPeriod
	o.LeaderElection, o.LeaderElectionID = true, leaseName
	o.LeaseDuration, o.RenewDeadline, o.RetryPeriod = &lasts, &within, &every
	o.LeaderElectionResourceLockInterface = f.Lock(lease)
	o.LeaderElectionReleaseOnCancel = true // nothing is written once the manager has stopped
	return f, nil
}

// leaseOf makes the lease, and has its events say who leads.
func leaseOf(c *config, config *rest.Config) (resourcelock.Interface, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	identity := host + "_" + string(uuid.NewUUID())
	events := record.NewBroadcaster()
	events.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: clients.CoreV1().Events(c.Namespace)})
	return resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, c.Namespace, leaseName, resourcelock.ResourceLockConfig{
		Identity: identity, EventRecorder: events.NewRecorder(clientgoscheme.Scheme, corev1.EventSource{Component: identity}),
	}, config, renewDeadline)
}
