package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/version"
	"github.com/plimsoll-dev/plimsoll/controller"
	"github.com/plimsoll-dev/plimsoll/controller/fence"
	"github.com/plimsoll-dev/plimsoll/policies/admit"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/webhook/certs"
	"github.com/plimsoll-dev/plimsoll/webhook/handler"
	webhookmetrics "github.com/plimsoll-dev/plimsoll/webhook/metrics"
	"github.com/plimsoll-dev/plimsoll/webhook/namespaces"
	"github.com/plimsoll-dev/plimsoll/webhook/server"
)

// drainLimit is how long admission requests that have begun may take on shutdown. They have 2 s by the manifests; with the
// delay before it this stays below the 30 s after which the kubelet kills.
const drainLimit = 15 * time.Second

// newManager makes the manager that the roles are added to, and the fence before what only a leader writes.
func newManager(c *config) (manager.Manager, *fence.Fence, error) {
	log := newLogger(c)
	ctrl.SetLogger(log)
	log.Info("plimsoll", "version", version.String(), "roles", c.Roles, "namespace", c.Namespace)
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, nil, fmt.Errorf("registering types: %w", err)
	}
	config, err := kubeconfig(c)
	if err != nil {
		return nil, nil, err
	}
	delay := c.ShutdownDelay + drainLimit
	options := ctrl.Options{
		Scheme:                  scheme,
		Logger:                  log,
		BaseContext:             func() context.Context { return logr.NewContext(context.Background(), log) },
		Cache:                   caches(c),
		Metrics:                 metricsserver.Options{BindAddress: c.MetricsBindAddress},
		HealthProbeBindAddress:  c.HealthBindAddress,
		GracefulShutdownTimeout: &delay,
	}
	leading, err := elect(c, config, &options)
	if err != nil {
		return nil, nil, err
	}
	m, err := ctrl.NewManager(config, options)
	if err != nil {
		return nil, nil, fmt.Errorf("making the manager: %w", err)
	}
	return m, leading, errors.Join(m.AddHealthzCheck("alive", healthz.Ping), m.AddReadyzCheck("caches", synced(m)))
}

// kubeconfig finds the cluster.
func kubeconfig(c *config) (*rest.Config, error) {
	find := ctrl.GetConfig
	if c.Kubeconfig != "" {
		find = func() (*rest.Config, error) { return clientcmd.BuildConfigFromFlags("", c.Kubeconfig) }
	}
	config, err := find()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w; say which by --kubeconfig", err)
	}
	config.UserAgent = version.UserAgent("plimsoll")
	// The API server's fairness bounds what the manager may ask. A bound here would make admission wait behind it, where many
	// workloads come with namespaces that no event has told of. (The controllers' client has one of its own.)
	config.QPS = -1
	return config, answers(config)
}

// answers asks the cluster for its version: a mistake in the address or the credentials shows here, in words that say so.
func answers(config *rest.Config) error {
	d, err := discovery.NewDiscoveryClientForConfig(config)
	if err == nil {
		_, err = d.ServerVersion()
	}
	if err != nil {
		return fmt.Errorf("no answer from the API server at %s: %w", config.Host, err)
	}
	return nil
}

// caches keep of each object only what one of the roles reads.
func caches(c *config) cache.Options {
	var options cache.Options
	if c.has(roleController) {
		options = controller.CacheOptions()
	}
	all := namespaces.Trim()
	maps.Copy(all, options.ByObject)
	options.ByObject = all
	return options
}

// synced is a readiness check on the informers.
func synced(m manager.Manager) healthz.Checker {
	return func(r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if !m.GetCache().WaitForCacheSync(ctx) {
			return errors.New("informers are not filled yet")
		}
		return nil
	}
}

// addWebhook adds admission: namespaces, certificate, handler, server. It is ready when each of them is.
func addWebhook(ctx context.Context, m manager.Manager, c *config) error {
	known, err := namespaces.NewWatch(ctx, m.GetCache(), m.GetAPIReader())
	if err != nil {
		return err
	}
	measured := webhookmetrics.New(ctrlmetrics.Registry)
	certificate := &certs.Source{}
	trusted, err := addCertificate(ctx, m, c, certificate)
	if err != nil {
		return err
	}
	s := server.New(server.Options{
		Address:       c.WebhookBindAddress,
		Certificate:   certificate.GetCertificate,
		ShutdownDelay: c.ShutdownDelay,
		DrainLimit:    drainLimit,
		Handler: handler.New(handler.Options{
			Review: admit.Review, Namespaces: known, Platform: c.platform, Scalers: c.ScalersAddress != "", Metrics: measured,
			Exempt: []string{"kube-system", "kube-public", "kube-node-lease", c.Namespace},
		}),
	})
	return errors.Join(
		m.Add(s),
		m.AddReadyzCheck("namespaces", known.Check),
		m.AddReadyzCheck("certificate", certificate.Check),
		m.AddReadyzCheck("trust", trusted),
		m.AddReadyzCheck("webhook", s.Check),
	)
}

// addCertificate adds what keeps the certificate, and gives the check that the API server trusts it.
func addCertificate(ctx context.Context, m manager.Manager, c *config, source *certs.Source) (healthz.Checker, error) {
	if c.CertMode == certsProvided {
		return healthz.Ping, m.Add(&certs.Files{Source: source, Folder: c.CertDir})
	}
	s := &certs.SelfSigned{
		Secret:               types.NamespacedName{Namespace: c.Namespace, Name: c.WebhookSecret},
		Folder:               c.CertDir,
		Service:              c.WebhookService,
		WebhookConfiguration: c.WebhookConfiguration,
		Source:               source,
	}
	return s.Check, s.AddTo(ctx, m)
}

// addControllers adds scaling.
func addControllers(m manager.Manager, c *config, leading *fence.Fence) error {
	return controller.SetupWithManager(m, controller.Options{
		Namespace:   c.Namespace,
		Credentials: controller.Credentials{ClusterNamespace: c.ClusterAuthNamespace, Audiences: c.audiences, Files: c.AuthFiles},
		Fence:       leading,
	})
}
