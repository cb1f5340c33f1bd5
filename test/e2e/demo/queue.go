package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/plimsoll-dev/plimsoll/test/cluster"
)

const (
	listName = "job-queue"
	password = "plimsoll-demo"
)

// queue is a Redis with a list that work waits in.
type queue struct {
	// Kind says what serves it, for people.
	Kind    string
	Address string
	client  *redis.Client
	stop    func()
}

// startQueue starts a redis-server where there is one on PATH, else one in this process.
func startQueue(ctx context.Context, dir string) (*queue, error) {
	q, err := startRedis(ctx, dir)
	if q == nil && err == nil {
		q, err = startMiniredis()
	}
	if err != nil {
		return nil, err
	}
	q.client = redis.NewClient(&redis.Options{Addr: q.Address, Password: password})
	if err := q.await(ctx); err != nil {
		q.Stop()
		return nil, err
	}
	return q, nil
}

// startRedis starts a real server on a free port. Both results are nil where there is no redis-server on PATH.
func startRedis(ctx context.Context, dir string) (*queue, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, nil //nolint:nilerr // no redis-server is an answer, not a failure
	}
	port, err := cluster.FreePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--requirepass", password,
		"--save", "", "--appendonly", "no", "--dir", dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = cluster.EndWithParent()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	version, _ := exec.CommandContext(ctx, program, "--version").Output()
	return &queue{
		Kind:    "a real redis-server, " + redisVersion(version),
		Address: fmt.Sprintf("127.0.0.1:%d", port),
		stop: func() {
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
		},
	}, nil
}

// redisVersion finds "7.0.15" in "Redis server v=7.0.15 sha=…".
func redisVersion(output []byte) string {
	for word := range bytes.FieldsSeq(output) {
		if v, ok := bytes.CutPrefix(word, []byte("v=")); ok {
			return string(v)
		}
	}
	return "version unknown"
}

func startMiniredis() (*queue, error) {
	server := miniredis.NewMiniRedis()
	server.RequireAuth(password)
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("starting the in-process Redis: %w", err)
	}
	return &queue{Kind: "an in-process Redis (no redis-server on PATH)", Address: server.Addr(), stop: server.Close}, nil
}

func (q *queue) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := q.client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for Redis at %s: %w", q.Address, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Push puts n items into the list.
func (q *queue) Push(ctx context.Context, n int) error {
	items := make([]any, n)
	for i := range items {
		items[i] = fmt.Sprintf("item-%d", i)
	}
	return q.client.RPush(ctx, listName, items...).Err()
}

// Take takes up to n items from the list, as n consumers would.
func (q *queue) Take(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	err := q.client.LPopCount(ctx, listName, n).Err()
	if err == redis.Nil { //nolint:errorlint // go-redis documents this comparison
		return nil
	}
	return err
}

// Len is the number of items that wait.
func (q *queue) Len(ctx context.Context) (int, error) {
	n, err := q.client.LLen(ctx, listName).Result()
	return int(n), err
}

// Stop ends the server that startQueue started.
func (q *queue) Stop() {
	_ = q.client.Close()
	q.stop()
}
