package credentials

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/plimsoll-dev/plimsoll/controller/credentials/objects"
	"github.com/plimsoll-dev/plimsoll/policies/api/keda/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

//+kubebuilder:rbac:groups=keda.sh,resources=triggerauthentications;clustertriggerauthentications,verbs=get;watch

// auth gives the parameters that authenticationRef names; nil where there is none.
func (s *search) auth() (map[string]string, error) {
	ref := s.question.Trigger.AuthenticationRef
	if ref == nil {
		return nil, nil
	}
	switch ref.Kind {
	case trigger.SecretKind:
		return s.data(secretIn(s.question.Namespace, ref.Name))
	case trigger.AuthenticationKind, "":
		return s.fromAuthentication(objects.Ref{
			Kind: kedaKind(trigger.AuthenticationKind), Namespace: s.question.Namespace, Name: ref.Name,
		}, s.question.Namespace)
	case trigger.ClusterAuthenticationKind:
		return s.fromAuthentication(objects.Ref{Kind: kedaKind(trigger.ClusterAuthenticationKind), Name: ref.Name}, s.ClusterNamespace)
	}
	return nil, mistake("authenticationRef: kind %q; legal are %s", ref.Kind, strings.Join(trigger.AuthenticationKinds(), ", "))
}

func kedaKind(kind string) schema.GroupVersionKind { return v1alpha1.GroupVersion().WithKind(kind) }

// fromAuthentication gives what KEDA's object says, from objects in a namespace.
func (s *search) fromAuthentication(ref objects.Ref, namespace string) (map[string]string, error) {
	o, err := s.object(ref)
	if err != nil {
		return nil, err
	}
	a := &authentication{search: s, namespace: namespace, parameters: map[string]string{}}
	switch o := o.(type) {
	case *v1alpha1.TriggerAuthentication:
		a.spec = &o.Spec
	case *v1alpha1.ClusterTriggerAuthentication:
		a.spec, a.cluster = &o.Spec, true
	default:
		return nil, fmt.Errorf("%s is a %T", ref, o)
	}
	for _, add := range a.parts() {
		if err := add(); err != nil {
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
	}
	return a.parameters, nil
}

// authentication is KEDA's object, being read.
type authentication struct {
	*search
	spec *v1alpha1.TriggerAuthenticationSpec
	// cluster is true for the kind that serves all namespaces; namespace is where what it names is.
	cluster    bool
	namespace  string
	parameters map[string]string
}

// parts are what an authentication is made of, in KEDA's order: where two give the same parameter the later one wins.
func (a *authentication) parts() []func() error {
	return []func() error{
		a.refused, a.fromEnv, a.fromFile, a.fromConfigMaps, a.fromSecrets, a.fromTokens, a.fromOAuth2, a.fromServicePrincipal,
	}
}

// refused says no to what cannot be had here, with the reason: nothing that somebody asked for is left out in silence.
func (a *authentication) refused() error {
	vault := "reading it takes the client library of one vendor; have its values synchronised into a Secret (as the External Secrets " +
		"Operator does), and name that by secretTargetRef"
	for _, part := range []struct {
		name   string
		asked  bool
		reason string
	}{
		{"hashiCorpVault", a.spec.HashiCorpVault != nil, vault},
		{"azureKeyVault", a.spec.AzureKeyVault != nil, vault},
		{"gcpSecretManager", a.spec.GCPSecretManager != nil, vault},
		{"awsSecretManager", a.spec.AwsSecretManager != nil, vault},
	} {
		if part.asked {
			return mistake("%s is not supported: %s", part.name, part.reason)
		}
	}
	if p := a.spec.PodIdentity; p != nil && p.Provider != v1alpha1.PodIdentityNone && p.Provider != "" {
		return mistake("podIdentity provider %q is not supported: Plimsoll's pods have no identity of a cloud's; legal is %q, with keys in a "+
			"Secret named by secretTargetRef", p.Provider, v1alpha1.PodIdentityNone)
	}
	return nil
}

func (a *authentication) fromSecrets() error {
	return a.fromTargets("secretTargetRef", a.spec.SecretTargetRef, secretIn)
}

func (a *authentication) fromConfigMaps() error {
	return a.fromTargets("configMapTargetRef", a.spec.ConfigMapTargetRef, configMapIn)
}

func (a *authentication) fromTargets(part string, refs []v1alpha1.AuthTargetRef, in func(namespace, name string) holder) error {
	for _, ref := range refs {
		value, err := a.value(in(a.namespace, ref.Name), ref.Key)
		if err != nil {
			return fmt.Errorf("%s: parameter %s: %w", part, ref.Parameter, err)
		}
		a.parameters[ref.Parameter] = value
	}
	return nil
}

func (a *authentication) fromEnv() error {
	for _, env := range a.spec.Env {
		value, err := a.variable(env.ContainerName, env.Name)
		if err != nil {
			return fmt.Errorf("env: parameter %s: %w", env.Parameter, err)
		}
		a.parameters[env.Parameter] = value
	}
	return nil
}

func (a *authentication) fromTokens() error {
	for _, t := range a.spec.BoundServiceAccountToken {
		value, err := a.token(a.namespace, t.ServiceAccountName)
		if err != nil {
			return fmt.Errorf("boundServiceAccountToken: parameter %s: %w", t.Parameter, err)
		}
		a.parameters[t.Parameter] = value
	}
	return nil
}

// fromOAuth2 gives what a source needs to get tokens by itself. A client without a secret is a public one.
func (a *authentication) fromOAuth2() error {
	o := a.spec.OAuth2
	if o == nil {
		return nil
	}
	if err := a.fromSecret("oauth2: clientSecret", "clientSecret", &o.ClientSecret); err != nil {
		return err
	}
	a.parameters["oauthTokenURI"], a.parameters["clientID"] = o.TokenURL, o.ClientID
	if len(o.Scopes) > 0 {
		a.parameters["scopes"] = strings.Join(o.Scopes, ",")
	}
	if len(o.TokenURLParams) > 0 {
		params := url.Values{}
		for key, value := range o.TokenURLParams {
			params.Set(key, value)
		}
		a.parameters["endpointParams"] = params.Encode()
	}
	return nil
}

func (a *authentication) fromServicePrincipal() error {
	p := a.spec.AzureServicePrincipal
	if p == nil {
		return nil
	}
	const prefix = "azureServicePrincipal"
	for _, secret := range []struct {
		name string
		from *v1alpha1.FromSecret
	}{
		{"ClientSecret", p.ClientSecret},
		{"ClientCertificate", p.ClientCertificate},
		{"ClientCertificatePassword", p.ClientCertificatePassword},
	} {
		if err := a.fromSecret(prefix+": "+secret.name, prefix+secret.name, secret.from); err != nil {
			return err
		}
	}
	a.parameters[prefix] = "true"
	for name, value := range map[string]string{
		"TenantId": p.TenantID, "ClientId": p.ClientID, "Cloud": p.Cloud, "ActiveDirectoryEndpoint": p.ActiveDirectoryEndpoint,
	} {
		if value != "" {
			a.parameters[prefix+name] = value
		}
	}
	return nil
}

// fromSecret gives a parameter that may be left out.
func (a *authentication) fromSecret(part, parameter string, from *v1alpha1.FromSecret) error {
	if from == nil || from.ValueFrom.SecretKeyRef.Name == "" {
		return nil
	}
	ref := &from.ValueFrom.SecretKeyRef
	value, err := a.value(secretIn(a.namespace, ref.Name), ref.Key)
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	a.parameters[parameter] = value
	return nil
}
