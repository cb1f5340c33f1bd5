package cluster

import (
	"strconv"

	"github.com/plimsoll-dev/plimsoll/test/lab/internal/home"
	"github.com/plimsoll-dev/plimsoll/test/lab/internal/supervise"
)

// unit is one component as it will be started.
type unit struct {
	name   string
	args   []string
	env    []string
	port   int
	health string // the path that answers 200 when it is ready
}

// plan is all that the components' command lines are made of.
type plan struct {
	config Config
	dir    home.Dir
	ports  ports
}

// units are the components in the order of ComponentNames.
func (p plan) units() []unit {
	units := []unit{p.etcd(), p.apiServer(), p.controllerManager(), p.scheduler(), p.kwok(), p.metricsServer()}
	for i := range units {
		units[i].args = append(units[i].args, p.config.Args[units[i].name]...)
	}
	return units
}

// spec is what the supervisor needs of a unit.
func (p plan) spec(u unit) supervise.Spec {
	return supervise.Spec{Name: u.name, Args: u.args, Env: u.env, Log: p.dir.Log(u.name)}
}

func (p plan) etcd() unit {
	client, peer := url(p.ports.etcd, ""), url(p.ports.etcdPeer, "")
	return unit{name: etcd, port: p.ports.etcd, health: "/readyz", args: []string{
		"--name=lab",
		"--data-dir=" + p.dir.Etcd(),
		// A lab keeps nothing, so nothing has to reach the disk in time: writes cost a tenth.
		"--unsafe-no-fsync",
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=lab=" + peer,
		"--cert-file=" + p.cert(etcdPair), "--key-file=" + p.key(etcdPair),
		"--trusted-ca-file=" + p.dir.PKI(etcdCAFile), "--client-cert-auth",
		"--peer-cert-file=" + p.cert(etcdPair), "--peer-key-file=" + p.key(etcdPair),
		"--peer-trusted-ca-file=" + p.dir.PKI(etcdCAFile), "--peer-client-cert-auth",
		"--log-level=warn",
	}}
}

func (p plan) apiServer() unit {
	return unit{name: apiServer, port: p.ports.apiServer, health: "/readyz", args: []string{
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(p.ports.apiServer),
		// The Service "kubernetes" cannot point to a loopback address: validation refuses it. So it points nowhere, and the
		// address that has to be named is one that is set apart for documentation.
		"--advertise-address=192.0.2.2",
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--tls-cert-file=" + p.cert(servingPair), "--tls-private-key-file=" + p.key(servingPair),
		"--etcd-servers=" + url(p.ports.etcd, ""),
		"--etcd-cafile=" + p.dir.PKI(etcdCAFile),
		"--etcd-certfile=" + p.cert(etcdClientPair), "--etcd-keyfile=" + p.key(etcdClientPair),
		"--anonymous-auth=false",
		"--authorization-mode=RBAC",
		"--client-ca-file=" + p.dir.PKI(caFile),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + p.dir.PKI(tokenPublicFile),
		"--service-account-signing-key-file=" + p.dir.PKI(tokenKeyFile),
		// All that aggregated APIs need to know who is asking.
		"--requestheader-client-ca-file=" + p.dir.PKI(frontProxyCAFile),
		"--requestheader-allowed-names=" + frontProxyUser,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + p.cert(frontProxyPair), "--proxy-client-key-file=" + p.key(frontProxyPair),
		"--kubelet-preferred-address-types=InternalIP",
		"--allow-privileged=true",
	}}
}

// controllerManager leaves the controllers at their defaults, the client's rate limit too: how the HorizontalPodAutoscaler
// does is what others are compared with.
func (p plan) controllerManager() unit {
	port := p.ports.controllerManager
	return unit{name: controllerManager, port: port, health: "/healthz", args: append(p.delegating(controllerManager, port),
		"--leader-elect=false",
		"--use-service-account-credentials",
		"--service-account-private-key-file="+p.dir.PKI(tokenKeyFile),
		"--root-ca-file="+p.dir.PKI(caFile),
		"--cluster-signing-cert-file="+p.dir.PKI(caFile), "--cluster-signing-key-file="+p.dir.PKI(caKeyFile),
		// KWOK gives pods their addresses.
		"--controllers=*,-node-ipam-controller",
	)}
}

// scheduler may ask ten times as often as by default: with 50 requests a second, a thousand pods take a minute to be placed.
func (p plan) scheduler() unit {
	return unit{name: scheduler, port: p.ports.scheduler, health: "/readyz", args: append(p.delegating(scheduler, p.ports.scheduler),
		"--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000",
	)}
}

func (p plan) kwok() unit {
	args := []string{
		"--kubeconfig=" + p.kubeconfig(kwok),
		"--manage-all-nodes",
		"--cidr=" + p.config.PodCIDR,
		// Without a lease, nodes are taken for dead after 40 seconds.
		"--node-lease-duration-seconds=40",
		// Where the nodes' kubelets are said to listen: all of them are this program.
		"--node-ip=" + loopback, "--node-port=" + strconv.Itoa(p.ports.kwok),
		"--server-address=" + address(p.ports.kwok),
		"--tls-cert-file=" + p.cert(servingPair), "--tls-private-key-file=" + p.key(servingPair),
		// It logs each change of each pod, and each empty node at each scrape as a warning.
		"--v=ERROR",
	}
	for _, file := range p.config.KwokConfigs {
		args = append(args, "--config="+file)
	}
	// KWOK reads the user's own configuration too, from its work folder: not in a lab.
	return unit{name: kwok, port: p.ports.kwok, health: "/healthz", env: []string{"KWOK_WORKDIR=" + p.dir.Kwok("")},
		args: append(args, "--config="+p.dir.Kwok(kwokConfig))}
}

func (p plan) metricsServer() unit {
	port := p.ports.metricsServer
	return unit{name: metricsServer, port: port, health: "/livez", args: append(p.delegating(metricsServer, port),
		"--kubelet-certificate-authority="+p.dir.PKI(caFile),
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-use-node-status-port",
		// The shortest interval it allows, and the longest answer that fits into it.
		"--metric-resolution=10s", "--kubelet-request-timeout=9s",
	)}
}

// delegating are the arguments of a server that asks the API server who its callers are and what they may do.
func (p plan) delegating(name string, port int) []string {
	args := []string{
		"--bind-address=" + loopback,
		"--secure-port=" + strconv.Itoa(port),
		"--tls-cert-file=" + p.cert(servingPair), "--tls-private-key-file=" + p.key(servingPair),
	}
	for _, flag := range []string{"kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"} {
		args = append(args, "--"+flag+"="+p.kubeconfig(name))
	}
	return args
}

func (p plan) cert(pair string) string { return p.dir.PKI(pair + ".crt") }

func (p plan) key(pair string) string { return p.dir.PKI(pair + ".key") }

func (p plan) kubeconfig(component string) string { return p.dir.PKI(component + ".kubeconfig") }
