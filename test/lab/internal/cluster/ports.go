package cluster

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const (
	loopback = "127.0.0.1"
	// Ports come from below the range that Linux gives to outgoing connections (32768 and up): from there, one could be
	// taken between the moment it is found free and the moment its server listens on it.
	firstPort, endPort = 20000, 32000
)

// ports holds the port of each listener of a lab.
type ports struct {
	etcd, etcdPeer, apiServer, controllerManager, scheduler, kwok, metricsServer int

	// guard listens on the first port of the block that the others are from, as long as the lab runs. Labs that start at the
	// same moment would otherwise find the same ports free, each before the other's servers listen.
	guard net.Listener
}

// Release gives the block up.
func (p *ports) Release() { _ = p.guard.Close() }

// blockSize is how many ports a lab takes to itself: its guard, its servers, and room for more.
const blockSize = 16

// freePorts takes a block of ports on which nobody listens.
func freePorts() (ports, error) {
	const tries = 200
	var err error
	for range tries {
		var p ports
		first := firstPort + blockSize*rand.IntN((endPort-firstPort)/blockSize)
		if p, err = takeBlock(first); err == nil {
			return p, nil
		}
	}
	return ports{}, fmt.Errorf("no block of %d free ports on %s between %d and %d: %w", blockSize, loopback, firstPort, endPort, err)
}

// takeBlock takes the block that begins at a port, if all of it that is needed is free.
func takeBlock(first int) (p ports, err error) {
	if p.guard, err = net.Listen("tcp", address(first)); err != nil {
		return ports{}, err
	}
	for i, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.controllerManager, &p.scheduler, &p.kwok, &p.metricsServer} {
		*port = first + 1 + i
		l, err := net.Listen("tcp", address(*port))
		if err != nil {
			p.Release()
			return ports{}, err
		}
		_ = l.Close()
	}
	return p, nil
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func url(port int, path string) string { return "https://" + address(port) + path }
