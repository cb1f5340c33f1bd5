package jetstream

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// nodesOf gives the monitoring ports of a cluster's nodes, in order. They are not among what a node says of the others, so
// they are found as KEDA does: where clients are told of every node (connect_urls), on its host at the endpoint's own port;
// else by the names that the nodes have for each other, in front of the endpoint's ("nats-1" + ".nats.default.svc:8222"),
// which then has to be a headless Service. A node that is known by its address only is taken by that.
func nodesOf(v *varz, endpoint string) []string {
	var nodes []string
	for _, url := range v.Clients {
		if host, ok := hostIn(url); ok {
			nodes = append(nodes, withPortOf(endpoint, host))
		}
	}
	if len(nodes) == 0 {
		for _, url := range v.Cluster.URLs {
			if host, ok := hostIn(url); ok {
				nodes = append(nodes, routed(endpoint, host))
			}
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// hostIn gives the host of host:port. What could change the rest of a URL is no host.
func hostIn(url string) (string, bool) {
	host, _, err := net.SplitHostPort(url)
	return host, err == nil && host != "" && !strings.ContainsAny(host, "/@?#\\% \t\r\n")
}

func routed(endpoint, host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return withPortOf(endpoint, host)
	}
	name, _, _ := strings.Cut(host, ".")
	return name + "." + endpoint
}

// withPortOf puts the endpoint's port behind another host; nothing where it has none.
func withPortOf(endpoint, host string) string {
	if _, port, err := net.SplitHostPort(endpoint); err == nil {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
