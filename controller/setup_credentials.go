package controller

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/credentials"
	kedav1alpha1 "github.com/plimsoll-dev/plimsoll/policies/api/keda/v1alpha1"
)

// Credentials say where triggers' credentials may come from, beside Secrets and ConfigMaps of their own namespaces.
type Credentials struct {
	// ClusterNamespace is where a ClusterTriggerAuthentication finds what it names. Default: the namespace Plimsoll runs in.
	ClusterNamespace string
	// Audiences are for whom tokens of ServiceAccounts may be made. Default: none is made.
	Audiences map[types.NamespacedName]string
	// Files is the folder that filePath is in. Default: there is none.
	Files string
}

// credentials makes the store. Its client has limits of its own: a thousand Secrets to read never hold up a scale.
func (p *parts) credentials() (*credentials.Store, error) {
	config := rest.CopyConfig(p.manager.GetConfig())
	config.QPS, config.Burst, config.RateLimiter = p.QPS, p.Burst, nil
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), kedav1alpha1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("registering types: %w", err)
	}
	live, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: p.manager.GetRESTMapper()})
	if err != nil {
		return nil, fmt.Errorf("making the client for credentials: %w", err)
	}
	o := p.Credentials
	if o.ClusterNamespace == "" {
		o.ClusterNamespace = p.Namespace
	}
	return credentials.New(credentials.Options{
		Client: live, Cached: p.manager.GetCache(), Clock: p.clock, Log: p.manager.GetLogger().WithName("credentials"),
		ClusterNamespace: o.ClusterNamespace, Audiences: o.Audiences, Files: o.Files,
	}), nil
}
