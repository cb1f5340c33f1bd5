package brokers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
)

// RedisNode is a redis-server by itself or in an arrangement.
type RedisNode struct {
	*Process
	// Address as host:port.
	Address string
	Client  *goredis.Client
}

// StartRedis starts a redis-server with further arguments, such as --requirepass and a password.
func StartRedis(t testing.TB, password string, args ...string) *RedisNode {
	t.Helper()
	return startRedis(t, FreePort(t), password, args...)
}

func startRedis(t testing.TB, port int, password string, args ...string) *RedisNode {
	t.Helper()
	program := Program(t, "redis-server")
	args = append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
		"--dir", t.TempDir()}, args...)
	if password != "" {
		args = append(args, "--requirepass", password, "--masterauth", password)
	}
	n := &RedisNode{Address: fmt.Sprintf("127.0.0.1:%d", port), Process: Start(t, exec.Command(program, args...))}
	n.Client = goredis.NewClient(&goredis.Options{Addr: n.Address, Password: password, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { _ = n.Client.Close() })
	n.Await(t, func(ctx context.Context) error { return n.Client.Ping(ctx).Err() })
	return n
}

// StartRedisCluster starts a Redis Cluster of masters that share the slots evenly, without replicas. A node that is down
// takes only its own slots with it.
func StartRedisCluster(t testing.TB, size int, password string) []*RedisNode {
	t.Helper()
	const slots = 16384
	nodes := make([]*RedisNode, size)
	meet := []any{"CLUSTER", "MEET", "127.0.0.1"}
	for i := range nodes {
		bus := strconv.Itoa(FreePort(t)) // by itself it is the port and 10000, which may be beyond the last port
		n := StartRedis(t, password, "--cluster-enabled", "yes", "--cluster-require-full-coverage", "no",
			"--cluster-port", bus, "--cluster-node-timeout", "2000")
		nodes[i] = n
		if err := n.Client.ClusterAddSlotsRange(t.Context(), i*slots/size, (i+1)*slots/size-1).Err(); err != nil {
			t.Fatalf("giving slots to node %d: %v", i, err)
		}
		if i == 0 {
			_, port, _ := net.SplitHostPort(n.Address)
			meet = append(meet, port, bus)
			continue
		}
		if err := n.Client.Do(t.Context(), meet...).Err(); err != nil {
			t.Fatalf("joining node %d: %v", i, err)
		}
	}
	for _, n := range nodes {
		n.Await(t, func(ctx context.Context) error { return clusterWhole(ctx, n.Client, size) })
	}
	return nodes
}

func clusterWhole(ctx context.Context, c *goredis.Client, size int) error {
	info, err := c.ClusterInfo(ctx).Result()
	if err != nil {
		return err
	}
	if !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d", size)) {
		return errors.New("the cluster is not whole yet")
	}
	return nil
}

// StartRedisSentinel starts a Sentinel that knows the master by a name and takes another where it is gone for half a second.
// It gives the Sentinel's address.
func StartRedisSentinel(t testing.TB, name string, master *RedisNode, password string) string {
	t.Helper()
	port := FreePort(t)
	host, masterPort, _ := net.SplitHostPort(master.Address)
	config := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor %s %s %s 1\n", port, t.TempDir(), name, host, masterPort) +
		fmt.Sprintf("sentinel down-after-milliseconds %s 500\nsentinel failover-timeout %s 2000\n", name, name)
	if password != "" {
		config += fmt.Sprintf("sentinel auth-pass %s %s\n", name, password)
	}
	path := filepath.Join(t.TempDir(), "sentinel.conf") // Sentinel writes to it
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Start(t, exec.Command(Program(t, "redis-server"), path, "--sentinel"))
	address := fmt.Sprintf("127.0.0.1:%d", port)
	client := goredis.NewSentinelClient(&goredis.Options{Addr: address, Protocol: 2, DisableIdentity: true})
	defer func() { _ = client.Close() }()
	p.Await(t, func(ctx context.Context) error { return client.GetMasterAddrByName(ctx, name).Err() })
	return address
}

// StartRedisReplica starts a replica of a master, and waits until it follows.
func StartRedisReplica(t testing.TB, master *RedisNode, password string) *RedisNode {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Address)
	n := StartRedis(t, password, "--replicaof", host, port)
	n.Await(t, func(ctx context.Context) error {
		info, err := n.Client.Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			return errors.New("the replica does not follow yet")
		}
		return err
	})
	return n
}
