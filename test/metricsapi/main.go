// Command metricsapi is an adapter for tests: it serves custom.metrics.k8s.io and external.metrics.k8s.io with the library
// that real adapters are built on, and its numbers are set over HTTP. What an adapter reads them from is the only part that
// is not as in production.
package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/pflag"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/logs"
	basecmd "sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
)

func main() {
	logs.InitLogs()
	defer logs.FlushLogs()
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "metricsapi:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	adapter := &basecmd.AdapterBase{
		Name: "plimsoll-test-metrics", DiscoveryInterval: time.Second, FlagSet: pflag.NewFlagSet("metricsapi", pflag.ContinueOnError),
	}
	admin := adapter.Flags().String("admin-address", "127.0.0.1:0", "where values are set; see the comment of adminHandler")
	if err := adapter.Flags().Parse(args); err != nil {
		return err
	}
	mapper, err := adapter.RESTMapper()
	if err != nil {
		return err
	}
	client, err := adapter.DynamicClient()
	if err != nil {
		return err
	}
	store := newStore()
	adapter.WithCustomMetrics(&custom{store: store, mapper: mapper, client: client})
	adapter.WithExternalMetrics(&external{store: store})
	go serveAdmin(*admin, store)
	return adapter.Run(genericapiserver.SetupSignalContext())
}

func serveAdmin(address string, s *store) {
	server := &http.Server{Addr: address, Handler: adminHandler(s), ReadHeaderTimeout: 5 * time.Second}
	if err := server.ListenAndServe(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		fmt.Fprintln(os.Stderr, "metricsapi: setting values:", err)
		os.Exit(1)
	}
}
