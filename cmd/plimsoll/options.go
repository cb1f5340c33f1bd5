package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/zap/zapcore"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/plimsoll-dev/plimsoll/cmd/internal/options"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// The roles of the manager, and where certificates come from.
const (
	roleWebhook    = "webhook"
	roleController = "controller"

	certsSelfSigned = "self-signed"
	certsProvided   = "provided"
)

// flags are the command line as it is written.
type flags struct {
	Kubeconfig string
	Namespace  string
	Roles      []string

	LeaderElect          bool
	MetricsBindAddress   string
	HealthBindAddress    string
	WebhookBindAddress   string
	CertMode             string
	CertDir              string
	WebhookService       string
	WebhookSecret        string
	WebhookConfiguration string
	ShutdownDelay        time.Duration

	ClusterAuthNamespace string
	TokenAudiences       map[string]string
	AuthFiles            string

	ScalersAddress string

	Platform  options.Platform
	LogLevel  string
	LogFormat string
	Version   bool
}

// config is the command line, completed and validated.
type config struct {
	flags
	platform *patch.Platform
	level    zapcore.Level
	// audiences are TokenAudiences, parsed.
	audiences map[types.NamespacedName]string
}

func (f *flags) addTo(fs *pflag.FlagSet) {
	fs.StringVar(&f.Kubeconfig, "kubeconfig", "", "kubeconfig of the cluster (default: the pod's own, then $KUBECONFIG)")
	fs.StringVar(&f.Namespace, "namespace", "", "namespace that Plimsoll runs in (default: $POD_NAMESPACE, then plimsoll-system)")
	fs.StringSliceVar(&f.Roles, "roles", []string{roleWebhook, roleController}, "what this process does: webhook, controller, or both")
	fs.BoolVar(&f.LeaderElect, "leader-elect", true, "let one replica of several scale; admission is answered by all of them")
	fs.StringVar(&f.MetricsBindAddress, "metrics-bind-address", ":8080", "address of /metrics; 0 turns it off")
	fs.StringVar(&f.HealthBindAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz")
	fs.StringVar(&f.WebhookBindAddress, "webhook-bind-address", ":9443", "address of the admission webhook")
	fs.StringVar(&f.CertMode, "cert-mode", certsSelfSigned,
		"self-signed: make, keep and rotate the certificate; provided: read tls.crt and tls.key from --cert-dir")
	fs.StringVar(&f.CertDir, "cert-dir", filepath.Join(os.TempDir(), "plimsoll-certs"), "folder of the certificate")
	fs.StringVar(&f.WebhookService, "webhook-service", "plimsoll-webhook",
		"Service that the API server calls; the certificate is for its name")
	fs.StringVar(&f.WebhookSecret, "webhook-secret", "plimsoll-webhook-cert", "Secret that holds a self-signed certificate")
	fs.StringVar(&f.WebhookConfiguration, "webhook-configuration", "plimsoll",
		"MutatingWebhookConfiguration whose caBundle is kept, where the certificate is self-signed")
	fs.DurationVar(&f.ShutdownDelay, "shutdown-delay", 5*time.Second,
		"how long admission is still answered after readiness has failed on shutdown")
	fs.StringVar(&f.ClusterAuthNamespace, "cluster-auth-namespace", "",
		"namespace of what a ClusterTriggerAuthentication names (default: --namespace)")
	fs.StringToStringVar(&f.TokenAudiences, "token-audience", nil,
		"namespace/serviceaccount=audience: for whom tokens of that ServiceAccount may be made for triggers; none are without it")
	fs.StringVar(&f.AuthFiles, "auth-files", "", "folder that filePath of a ClusterTriggerAuthentication is in (default: there is none)")
	fs.StringVar(&f.ScalersAddress, "scalers-address", "",
		"Unix socket of plimsoll-scalers, which serves trigger types without a source here (default: it is not deployed)")
	f.Platform.AddFlags(fs)
	fs.StringVar(&f.LogLevel, "log-level", "info", "info, debug (why not), or trace (every step)")
	fs.StringVar(&f.LogFormat, "log-format", "json", "json or text")
	fs.BoolVar(&f.Version, "version", false, "print the version and exit")
}

// complete fills in what depends on the environment and validates. The error has a line for each mistake: flag, value, legal.
func (f *flags) complete() (*config, error) {
	c := &config{flags: *f}
	if c.Namespace == "" {
		c.Namespace = os.Getenv("POD_NAMESPACE")
	}
	if c.Namespace == "" {
		c.Namespace = "plimsoll-system"
	}
	if c.ClusterAuthNamespace == "" {
		c.ClusterAuthNamespace = c.Namespace
	}
	platform, err := c.Platform.Complete()
	c.platform = platform
	return c, errors.Join(
		err,
		c.validateRoles(),
		c.validateNames(),
		c.parseAudiences(),
		c.validateLog(),
		oneOf("cert-mode", c.CertMode, certsSelfSigned, certsProvided),
		address("health-probe-bind-address", c.HealthBindAddress),
		address("webhook-bind-address", c.WebhookBindAddress),
		c.validateMetricsAddress(),
		c.validateDelay(),
		c.validateScalers(),
	)
}

func (c *config) has(role string) bool { return slices.Contains(c.Roles, role) }

func (c *config) validateRoles() error {
	if len(c.Roles) == 0 {
		return errors.New("--roles is empty; legal is webhook, controller, or both with a comma between")
	}
	for _, role := range c.Roles {
		if err := oneOf("roles", role, roleWebhook, roleController); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) validateNames() error {
	var errs []error
	for _, n := range []struct{ flag, value string }{
		{"namespace", c.Namespace}, {"cluster-auth-namespace", c.ClusterAuthNamespace}, {"webhook-service", c.WebhookService},
		{"webhook-secret", c.WebhookSecret}, {"webhook-configuration", c.WebhookConfiguration},
	} {
		if len(validation.IsDNS1123Subdomain(n.value)) > 0 {
			errs = append(errs, fmt.Errorf("--%s is %q; legal is an object's name, such as plimsoll-system", n.flag, n.value))
		}
	}
	return errors.Join(errs...)
}

func (c *config) parseAudiences() error {
	var errs []error
	c.audiences = map[types.NamespacedName]string{}
	for account, audience := range c.TokenAudiences {
		namespace, name, ok := strings.Cut(account, "/")
		if !ok || namespace == "" || name == "" || audience == "" {
			errs = append(errs, fmt.Errorf("--token-audience is %s=%s; legal is namespace/serviceaccount=audience", account, audience))
			continue
		}
		c.audiences[types.NamespacedName{Namespace: namespace, Name: name}] = audience
	}
	return errors.Join(errs...)
}

func (c *config) validateLog() error {
	switch c.LogLevel {
	case "info":
		c.level = zapcore.InfoLevel
	case "debug":
		c.level = zapcore.DebugLevel
	case "trace":
		c.level = zapcore.DebugLevel - 1
	default:
		return fmt.Errorf("--log-level is %q; legal is info, debug or trace", c.LogLevel)
	}
	return oneOf("log-format", c.LogFormat, "json", "text")
}

func (c *config) validateMetricsAddress() error {
	if c.MetricsBindAddress == "0" {
		return nil
	}
	return address("metrics-bind-address", c.MetricsBindAddress)
}

func (c *config) validateDelay() error {
	if c.ShutdownDelay < 0 || c.ShutdownDelay > time.Minute {
		return fmt.Errorf("--shutdown-delay is %s; legal is 0s to 1m", c.ShutdownDelay)
	}
	return nil
}

// validateScalers wants a Unix socket: credentials go over it.
func (c *config) validateScalers() error {
	if c.ScalersAddress == "" || strings.HasPrefix(c.ScalersAddress, "unix:///") {
		return nil
	}
	return fmt.Errorf("--scalers-address is %q; legal is a Unix socket such as unix:///run/plimsoll/scalers.sock", c.ScalersAddress)
}

func oneOf(flag, value string, legal ...string) error {
	if slices.Contains(legal, value) {
		return nil
	}
	return fmt.Errorf("--%s is %q; legal is %s", flag, value, strings.Join(legal, " or "))
}

func address(flag, value string) error {
	_, port, err := net.SplitHostPort(value)
	if err == nil {
		_, err = url.Parse("//" + value)
	}
	if err == nil && port != "" {
		return nil
	}
	return fmt.Errorf("--%s is %q; legal is host:port or :port, such as :8080", flag, value)
}
