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
}

// freePorts finds ports on which nobody listens. They are all held until the last one is found, so that they differ.
func freePorts() (ports, error) {
	var p ports
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for _, port := range []*int{&p.etcd, &p.etcdPeer, &p.apiServer, &p.controllerManager, &p.scheduler, &p.kwok, &p.metricsServer} {
		l, err := listenAnywhere()
		if err != nil {
			return ports{}, err
		}
		held = append(held, l)
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

func listenAnywhere() (net.Listener, error) {
	const tries = 200
	var err error
	for range tries {
		var l net.Listener
		l, err = net.Listen("tcp", address(firstPort+rand.IntN(endPort-firstPort)))
		if err == nil {
			return l, nil
		}
	}
	return nil, fmt.Errorf("no free port on %s between %d and %d: %w", loopback, firstPort, endPort, err)
}

func address(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

func url(port int, path string) string { return "https://" + address(port) + path }
