package externalscaler

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/sources"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/envelope"
	"github.com/plimsoll-dev/plimsoll/controller/sources/externalscaler/protocol"
)

// Scalers makes queries of the types that plimsoll-scalers serves. Credentials go with them, so its address is a Unix socket.
type Scalers struct {
	// Address such as unix:///run/plimsoll/scalers.sock; empty where plimsoll-scalers is not deployed.
	Address string
}

// Query puts the whole trigger into the request. Its keys were checked with the specification.
func (s Scalers) Query(r sources.Request) (sources.Query, error) {
	t := r.Signal.TriggerRef
	if t == nil {
		return nil, failure.Mistake(fmt.Errorf("signal %s is no trigger", r.Signal.Name))
	}
	if s.Address == "" {
		return nil, failure.Mistake(fmt.Errorf("trigger type %s is served by plimsoll-scalers, which is not deployed", t.Type))
	}
	sealed, err := envelope.Seal(&envelope.Trigger{
		Type: t.Type, Name: t.Name, MetricType: string(t.MetricType), Metadata: t.Metadata, Auth: r.Auth, Env: r.Env,
	})
	if err != nil {
		return nil, err
	}
	return query{
		access: access{address: s.Address, name: "plimsoll-scalers"}, server: "plimsoll-scalers",
		ref: &protocol.ScaledObjectRef{Name: r.Target.Name, Namespace: r.Namespace, ScalerMetadata: sealed},
	}, nil
}
