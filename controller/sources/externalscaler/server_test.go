package externalscaler

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
)

// scaler is an external scaler: a gRPC server. What it scales by stands under the key "work" of the metadata.
type scaler struct {
	protocol.UnimplementedExternalScalerServer
	address string
	server  *grpc.Server

	mu      sync.Mutex
	values  map[string]int64
	spoilt  map[string]bool
	news    chan bool
	streams int
	seen    *protocol.ScaledObjectRef
	metrics func(name string) *protocol.GetMetricsResponse
	specs   []*protocol.MetricSpec
}

func startScaler(t testing.TB, config *tls.Config) *scaler {
	s := &scaler{values: map[string]int64{}, spoilt: map[string]bool{}, news: make(chan bool)}
	s.specs = []*protocol.MetricSpec{{MetricName: "work", TargetSizeFloat: 10}}
	s.serve(t, "127.0.0.1:0", config)
	return s
}

func (s *scaler) serve(t testing.TB, address string, config *tls.Config) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	var options []grpc.ServerOption
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(options...)
	s.mu.Lock()
	s.address, s.server = listener.Addr().String(), server
	s.mu.Unlock()
	protocol.RegisterExternalScalerServer(server, s)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
}

func (s *scaler) put(name string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = n
}

func (s *scaler) value(ref *protocol.ScaledObjectRef) (int64, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = ref
	name := ref.GetScalerMetadata()["work"]
	if s.spoilt[name] {
		return 0, false, status.Error(codes.InvalidArgument, "no such work")
	}
	n, ok := s.values[name]
	return n, ok, nil
}

func (s *scaler) GetMetricSpec(_ context.Context, ref *protocol.ScaledObjectRef) (*protocol.GetMetricSpecResponse, error) {
	if _, _, err := s.value(ref); err != nil {
		return nil, err
	}
	return &protocol.GetMetricSpecResponse{MetricSpecs: s.specs}, nil
}

func (s *scaler) GetMetrics(_ context.Context, r *protocol.GetMetricsRequest) (*protocol.GetMetricsResponse, error) {
	if s.metrics != nil {
		return s.metrics(r.GetMetricName()), nil
	}
	n, ok, err := s.value(r.GetScaledObjectRef())
	if err != nil || !ok {
		return &protocol.GetMetricsResponse{}, err
	}
	return &protocol.GetMetricsResponse{MetricValues: []*protocol.MetricValue{{MetricName: r.GetMetricName(), MetricValueFloat: float64(n)}}}, nil
}

func (s *scaler) IsActive(_ context.Context, ref *protocol.ScaledObjectRef) (*protocol.IsActiveResponse, error) {
	n, _, err := s.value(ref)
	return &protocol.IsActiveResponse{Result: n > 1}, err
}

func (s *scaler) StreamIsActive(_ *protocol.ScaledObjectRef, stream grpc.ServerStreamingServer[protocol.IsActiveResponse]) error {
	s.mu.Lock()
	s.streams++
	s.mu.Unlock()
	for {
		select {
		case active := <-s.news:
			if err := stream.Send(&protocol.IsActiveResponse{Result: active}); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}
