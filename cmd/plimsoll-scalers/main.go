// Command plimsoll-scalers serves the trigger types that the manager has no source for, with KEDA's own scalers, over KEDA's
// external-scaler protocol. It is a process of its own, so that the weight and the faults of a hundred client libraries stay
// out of the manager. Requests carry credentials: it listens on a Unix socket, which the manager's container shares.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
)

func main() {
	socket := pflag.String("socket", "/run/plimsoll/scalers.sock", "Unix socket to listen on")
	pflag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *socket); err != nil {
		fmt.Fprintln(os.Stderr, "plimsoll-scalers:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// run serves until the context ends.
func run(ctx context.Context, socket string) error {
	listener, err := listen(ctx, socket)
	if err != nil {
		return err
	}
	p := newPool(ctx, time.Now)
	server := grpc.NewServer(grpc.UnaryInterceptor(survive), grpc.MaxRecvMsgSize(4<<20))
	pb.RegisterExternalScalerServer(server, &service{pool: p})
	go func() {
		<-ctx.Done()
		server.Stop()
	}()
	go p.sweepUntil(ctx)
	return server.Serve(listener)
}

// listen makes the socket, which nobody but the same user may use. What a process left that was killed is removed.
func listen(ctx context.Context, socket string) (net.Listener, error) {
	if info, err := os.Stat(socket); err == nil && info.Mode().Type() == os.ModeSocket {
		if err := os.Remove(socket); err != nil {
			return nil, fmt.Errorf("removing the old socket: %w", err)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, fmt.Errorf("closing the socket to others: %w", err)
	}
	return listener, nil
}
