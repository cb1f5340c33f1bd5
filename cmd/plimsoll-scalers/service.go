package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	pb "github.com/kedacore/keda/v2/pkg/scalers/externalscaler"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/envelope"
)

// service answers the protocol with KEDA's scalers.
type service struct {
	pb.UnimplementedExternalScalerServer
	pool *pool
}

// GetMetricSpec names the metrics of a trigger and their targets.
func (s *service) GetMetricSpec(ctx context.Context, ref *pb.ScaledObjectRef) (*pb.GetMetricSpecResponse, error) {
	answer := &pb.GetMetricSpecResponse{}
	return answer, s.pool.with(ref, func(e *entry) error {
		for _, spec := range e.scaler.GetMetricSpecForScaling(ctx) {
			if spec.External == nil {
				return errors.New("the scaler has a metric that is not external")
			}
			quantity := spec.External.Target.AverageValue
			if quantity == nil {
				quantity = spec.External.Target.Value
			}
			if quantity == nil {
				return fmt.Errorf("metric %s has no target", spec.External.Metric.Name)
			}
			answer.MetricSpecs = append(answer.MetricSpecs, &pb.MetricSpec{
				MetricName: spec.External.Metric.Name, TargetSizeFloat: quantity.AsApproximateFloat64(),
			})
		}
		return nil
	})
}

// GetMetrics reads one metric.
func (s *service) GetMetrics(ctx context.Context, r *pb.GetMetricsRequest) (*pb.GetMetricsResponse, error) {
	answer := &pb.GetMetricsResponse{}
	return answer, s.pool.with(r.GetScaledObjectRef(), func(e *entry) error {
		values, active, err := e.scaler.GetMetricsAndActivity(ctx, r.GetMetricName())
		if err != nil {
			return err
		}
		e.active[r.GetMetricName()] = active
		for i := range values {
			answer.MetricValues = append(answer.MetricValues, &pb.MetricValue{
				MetricName: values[i].MetricName, MetricValueFloat: values[i].Value.AsApproximateFloat64(),
			})
		}
		return nil
	})
}

// IsActive says what the last reading of the metrics said: KEDA's scalers give both at once, and asking again would cost the
// server a second answer.
func (s *service) IsActive(ctx context.Context, ref *pb.ScaledObjectRef) (*pb.IsActiveResponse, error) {
	answer := &pb.IsActiveResponse{}
	return answer, s.pool.with(ref, func(e *entry) error {
		if len(e.active) == 0 {
			for _, spec := range e.scaler.GetMetricSpecForScaling(ctx) {
				_, active, err := e.scaler.GetMetricsAndActivity(ctx, spec.External.Metric.Name)
				if err != nil {
					return err
				}
				answer.Result = answer.Result || active
			}
		}
		for _, active := range e.active {
			answer.Result = answer.Result || active
		}
		return nil
	})
}

// localPort is what changes from attempt to attempt in errors of the network.
var localPort = regexp.MustCompile(`(?:\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+->`)

// safe makes an error fit for a status: without credentials, and the same while its cause is.
func safe(err error, t *envelope.Trigger) error {
	text := localPort.ReplaceAllString(err.Error(), "")
	for _, secrets := range []map[string]string{t.Auth, t.Env} {
		for _, secret := range secrets {
			if len(secret) > 2 {
				text = strings.ReplaceAll(text, secret, "(hidden)")
			}
		}
	}
	return status.Error(codes.Unknown, text)
}

// survive turns a panic of somebody's library into an error of one trigger.
func survive(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (answer any, err error) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(os.Stderr, "plimsoll-scalers: panic: %v\n%s", p, debug.Stack())
			err = status.Error(codes.Internal, "the scaler panicked; the log of plimsoll-scalers says more")
		}
	}()
	return next(ctx, request)
}
