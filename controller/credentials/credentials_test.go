package credentials

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/controller/targets"
	kedav1alpha1 "github.com/plimsoll-dev/plimsoll/policies/api/keda/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/test/apifake"
)

// hidden is in every value that must not be told.
const hidden = "hunter2"

type world struct {
	t      *testing.T
	server *apifake.Server
	clock  *clocktesting.FakeClock
	store  *Store
	told   atomic.Int64
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), kedav1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, server: apifake.New(scheme), clock: clocktesting.NewFakeClock(time.Unix(1000000, 0))}
	files := t.TempDir()
	for name, text := range map[string]string{"good": `{"password": "hunter2-file"}`, "bad": `{"password": hunter2}`} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.store = New(Options{
		Client: w.server, Cached: w.server, Clock: w.clock, Log: logr.Discard(), ClusterNamespace: "system", Files: files,
		Audiences: map[types.NamespacedName]string{{Namespace: "ns", Name: "reader"}: "broker", {Namespace: "ns", Name: "nobody"}: "broker"},
	})
	t.Cleanup(w.store.Stop)
	w.server.OnToken(func(_, name string, r *authenticationv1.TokenRequest) error {
		if name == "nobody" {
			return apifake.Forbidden()
		}
		r.Status.Token = "hunter2-token-for-" + r.Spec.Audiences[0]
		r.Status.ExpirationTimestamp = metav1.NewTime(w.clock.Now().Add(time.Hour))
		return nil
	})
	for _, o := range append(objects, secret("ns", "auth"), secret("system", "auth"), configMap(), workload()) {
		w.server.Put(o)
	}
	return w
}

func secret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{
		"password": []byte("hunter2-" + namespace), "empty": nil,
	}}
}

func configMap() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "settings"}, Data: map[string]string{"host": "redis"}}
}

// workload has a variable of every kind.
func workload() *appsv1.Deployment {
	optional := true
	fromSecret := func(name, key string, optional *bool) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key, Optional: optional,
		}}
	}
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "consumer"}}
	d.Spec.Template.Spec.Containers = []corev1.Container{{
		Name: "app",
		EnvFrom: []corev1.EnvFromSource{
			{Prefix: "S_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "settings"}}},
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "not-there"}, Optional: &optional}},
		},
		Env: []corev1.EnvVar{
			{Name: "PORT", Value: "1"},
			{Name: "PORT", Value: "6379"},
			{Name: "NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
			{Name: "ADDRESS", Value: "$(S_host).$(NAMESPACE):$(PORT)"},
			{Name: "PASSWORD", ValueFrom: fromSecret("auth", "password", nil)},
			{Name: "URL", Value: "redis://:$(PASSWORD)@$(ADDRESS)/$$(PORT)$(LATER)$"},
			{Name: "LATER", Value: "x"},
			{Name: "EMPTY", Value: ""},
			{Name: "OPTIONAL", ValueFrom: fromSecret("auth", "none", &optional)},
			{Name: "NO_KEY", ValueFrom: fromSecret("auth", "pasword", nil)},
			{Name: "NO_SECRET", ValueFrom: fromSecret("none", "password", nil)},
			{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
		},
	}, {Name: "side", Env: []corev1.EnvVar{{Name: "PASSWORD", Value: "hunter2-side"}}}}
	return d
}

func (w *world) question(change func(*Question)) *Question {
	q := &Question{
		Namespace: "ns", Target: v1alpha1.TargetRef{APIVersion: "apps/v1", Kind: "Deployment", Name: "consumer"},
		Trigger: &v1alpha1.Trigger{Type: "redis", Metadata: map[string]string{}}, Changed: func() { w.told.Add(1) },
	}
	change(q)
	return q
}

// named asks for what an object of KEDA's says.
func (w *world) named(kind string) *Question {
	return w.question(func(q *Question) { q.Trigger.AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "a", Kind: kind} })
}

func TestEnvironment(t *testing.T) {
	tests := map[string]struct {
		variable, container string
		want                string
		fault               string
	}{
		"the last of a name":        {variable: "PORT", want: "6379"},
		"of a Secret":               {variable: "PASSWORD", want: "hunter2-ns"},
		"of another container":      {variable: "PASSWORD", container: "side", want: "hunter2-side"},
		"of envFrom with a prefix":  {variable: "S_host", want: "redis"},
		"references":                {variable: "ADDRESS", want: "redis.ns:6379"},
		"references of references":  {variable: "URL", want: "redis://:hunter2-ns@redis.ns:6379/$(PORT)$(LATER)$"},
		"a field that is known":     {variable: "NAMESPACE", want: "ns"},
		"misspelt":                  {variable: "PASSWRD", fault: `container "app" of Deployment/consumer has no variable "PASSWRD"; did you mean "PASSWORD"?`},
		"empty":                     {variable: "EMPTY", fault: `variable "EMPTY" of container "app" of Deployment/consumer is empty`},
		"optional and missing":      {variable: "OPTIONAL", fault: `has no variable "OPTIONAL"`},
		"of a missing key":          {variable: "NO_KEY", fault: `variable "NO_KEY" of container "app" of Deployment/consumer: secret "auth" has no key "pasword"; did you mean "password"?`},
		"of a missing Secret":       {variable: "NO_SECRET", fault: `secret "none" does not exist`},
		"of a field of pods":        {variable: "POD_IP", fault: "comes from the field status.podIP of each pod"},
		"of a container of no name": {variable: "PASSWORD", container: "sid", fault: `Deployment/consumer has no container "sid"; it has app, side`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			q := w.question(func(q *Question) {
				q.Trigger.Metadata["passwordFromEnv"], q.Target.EnvSourceContainerName = test.variable, test.container
			})
			given, err := w.store.Get(context.Background(), q)
			if test.fault != "" {
				wantMistake(t, err, test.fault)
				return
			}
			if diff := cmp.Diff(Given{Env: map[string]string{test.variable: test.want}}, given); diff != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

func wantMistake(t *testing.T, err error, fault string) {
	t.Helper()
	if err == nil || !failure.IsMistake(err) || !strings.Contains(err.Error(), fault) || strings.Contains(err.Error(), hidden) {
		t.Errorf("got %v, want the mistake %s", err, fault)
	}
}

func TestAValueIsNotBlownUp(t *testing.T) {
	d := workload()
	env := []corev1.EnvVar{{Name: "A", Value: strings.Repeat("x", 1000)}}
	for c := 'B'; c <= 'Z'; c++ {
		env = append(env, corev1.EnvVar{Name: string(c), Value: strings.Repeat("$("+string(c-1)+")", 10)})
	}
	d.Spec.Template.Spec.Containers[0].Env = env
	w := newWorld(t)
	w.server.Put(d)
	_, err := w.store.Get(context.Background(), w.question(func(q *Question) { q.Trigger.Metadata["passwordFromEnv"] = "Z" }))
	wantMistake(t, err, "is longer than 64 KiB with its references put in")
}

// TestTheTargetIsReadWhenItsEnvironmentChanges, and not while its count does.
func TestTheTargetIsReadWhenItsEnvironmentChanges(t *testing.T) {
	w := newWorld(t)
	q := w.question(func(q *Question) { q.Trigger.Metadata["portFromEnv"] = "PORT" })
	port := func(want string) int {
		t.Helper()
		given, err := w.store.Get(context.Background(), q)
		if err != nil || given.Env["PORT"] != want {
			t.Fatalf("%v, %v; want %s", given, err, want)
		}
		return w.server.Asked()["get"]
	}
	first := port("6379") // the informer, which is the server here, and the live object
	d, three := workload(), int32(3)
	d.Spec.Replicas = &three
	w.server.Put(d)
	if again := port("6379"); again != first+1 {
		t.Errorf("%d reads for a count, want that of the informer", again-first)
	}
	d.Spec.Template.Spec.Containers[0].Env[1].Value = "6380"
	w.server.Put(d)
	w.store.TargetChanged(targets.KeyOf("ns", q.Target))
	if w.told.Load() == 0 {
		t.Error("nobody told")
	}
	port("6380")
	w.store.Forget(q)
	if len(w.store.templates) != 0 || len(w.store.asking) != 0 {
		t.Error("something is kept that nobody asks for")
	}
}

func TestAuthentication(t *testing.T) {
	ref := func(parameter, name, key string) []kedav1alpha1.AuthTargetRef {
		return []kedav1alpha1.AuthTargetRef{{Parameter: parameter, Name: name, Key: key}}
	}
	from := kedav1alpha1.FromSecret{ValueFrom: kedav1alpha1.ValueFromSecret{SecretKeyRef: kedav1alpha1.SecretKeyRef{Name: "auth", Key: "password"}}}
	tests := map[string]struct {
		spec    kedav1alpha1.TriggerAuthenticationSpec
		cluster bool
		want    map[string]string
		fault   string
	}{
		"secretTargetRef": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "auth", "password")}, want: map[string]string{"pw": "hunter2-ns"},
		},
		"of a cluster": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "auth", "password")}, cluster: true,
			want: map[string]string{"pw": "hunter2-system"},
		},
		"configMapTargetRef": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{ConfigMapTargetRef: ref("host", "settings", "host")}, want: map[string]string{"host": "redis"},
		},
		"env": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{Env: []kedav1alpha1.AuthEnvironment{{Parameter: "pw", Name: "PASSWORD", ContainerName: "side"}}},
			want: map[string]string{"pw": "hunter2-side"},
		},
		"boundServiceAccountToken": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{BoundServiceAccountToken: []kedav1alpha1.BoundServiceAccountToken{{Parameter: "token", ServiceAccountName: "reader"}}},
			want: map[string]string{"token": "hunter2-token-for-broker"},
		},
		"oauth2": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{OAuth2: &kedav1alpha1.OAuth2{
				ClientID: "me", ClientSecret: from, TokenURL: "https://t", Scopes: []string{"a", "b"}, TokenURLParams: map[string]string{"x": "y z"},
			}},
			want: map[string]string{"oauthTokenURI": "https://t", "clientID": "me", "clientSecret": "hunter2-ns", "scopes": "a,b", "endpointParams": "x=y+z"},
		},
		"azureServicePrincipal": {
			spec: kedav1alpha1.TriggerAuthenticationSpec{AzureServicePrincipal: &kedav1alpha1.AzureServicePrincipal{TenantID: "t", ClientID: "c", ClientSecret: &from}},
			want: map[string]string{
				"azureServicePrincipal": "true", "azureServicePrincipalTenantId": "t", "azureServicePrincipalClientId": "c",
				"azureServicePrincipalClientSecret": "hunter2-ns",
			},
		},
		"no identity": {spec: kedav1alpha1.TriggerAuthenticationSpec{PodIdentity: &kedav1alpha1.AuthPodIdentity{Provider: "none"}}, want: map[string]string{}},
		"filePath":    {spec: kedav1alpha1.TriggerAuthenticationSpec{FilePath: "good"}, cluster: true, want: map[string]string{"password": "hunter2-file"}},

		"a file of a namespace's":   {spec: kedav1alpha1.TriggerAuthenticationSpec{FilePath: "good"}, fault: "only a ClusterTriggerAuthentication may have it"},
		"a malformed file":          {spec: kedav1alpha1.TriggerAuthenticationSpec{FilePath: "bad"}, cluster: true, fault: `filePath "bad" is not a JSON object of texts`},
		"a file elsewhere":          {spec: kedav1alpha1.TriggerAuthenticationSpec{FilePath: "../x"}, cluster: true, fault: `filePath "../x"`},
		"a missing Secret":          {spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "none", "x")}, fault: `TriggerAuthentication "a": secretTargetRef: parameter pw: secret "none" does not exist`},
		"of a cluster, missing":     {spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "none", "x")}, cluster: true, fault: `in namespace "system": secret "none" does not exist`},
		"a missing key":             {spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "auth", "passwort")}, fault: `secret "auth" has no key "passwort"; did you mean "password"?`},
		"an empty key":              {spec: kedav1alpha1.TriggerAuthenticationSpec{SecretTargetRef: ref("pw", "auth", "empty")}, fault: `secret "auth": key "empty" is empty`},
		"a token for anybody":       {spec: kedav1alpha1.TriggerAuthenticationSpec{BoundServiceAccountToken: []kedav1alpha1.BoundServiceAccountToken{{Parameter: "t", ServiceAccountName: "x"}}}, fault: "--token-audience=ns/x=AUDIENCE"},
		"a token that is forbidden": {spec: kedav1alpha1.TriggerAuthenticationSpec{BoundServiceAccountToken: []kedav1alpha1.BoundServiceAccountToken{{Parameter: "t", ServiceAccountName: "nobody"}}}, fault: "a Role has to grant it create on serviceaccounts/token"},
		"a vault":                   {spec: kedav1alpha1.TriggerAuthenticationSpec{HashiCorpVault: &kedav1alpha1.HashiCorpVault{}}, fault: "hashiCorpVault is not supported"},
		"an identity":               {spec: kedav1alpha1.TriggerAuthenticationSpec{PodIdentity: &kedav1alpha1.AuthPodIdentity{Provider: "aws"}}, fault: `podIdentity provider "aws" is not supported`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			kind := "TriggerAuthentication"
			var o client.Object = &kedav1alpha1.TriggerAuthentication{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a"}, Spec: test.spec}
			if test.cluster {
				kind = "ClusterTriggerAuthentication"
				o = &kedav1alpha1.ClusterTriggerAuthentication{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: test.spec}
			}
			w.server.Put(o)
			given, err := w.store.Get(context.Background(), w.named(kind))
			if test.fault != "" {
				wantMistake(t, err, test.fault)
				return
			}
			if !maps.Equal(test.want, given.Auth) || err != nil {
				t.Errorf("got %v, %v; want %v", given.Auth, err, test.want)
			}
		})
	}
}

// TestATokenIsRenewedInTime: asked for once, and again when four fifths of its life are over.
func TestATokenIsRenewedInTime(t *testing.T) {
	w := newWorld(t, &kedav1alpha1.TriggerAuthentication{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a"}, Spec: kedav1alpha1.TriggerAuthenticationSpec{
		BoundServiceAccountToken: []kedav1alpha1.BoundServiceAccountToken{{Parameter: "token", ServiceAccountName: "reader"}},
	}})
	q := w.named("")
	for minutes, requests := range []int{0: 1, 1: 1, 47: 1, 48: 2, 95: 2, 96: 3} {
		if requests == 0 {
			continue
		}
		w.clock.SetTime(time.Unix(1000000, 0).Add(time.Duration(minutes) * time.Minute))
		given, err := w.store.Get(context.Background(), q)
		if got := w.server.Asked()["create"]; got != requests || err != nil || !given.Until.After(w.clock.Now()) {
			t.Errorf("after %d min: %d requests, want %d; until %s; %v", minutes, got, requests, given.Until, err)
		}
	}
}

// TestWhatIsNoLongerNamedIsLetGo: an authentication that is pointed elsewhere.
func TestWhatIsNoLongerNamedIsLetGo(t *testing.T) {
	o := &kedav1alpha1.TriggerAuthentication{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a"}, Spec: kedav1alpha1.TriggerAuthenticationSpec{
		SecretTargetRef: []kedav1alpha1.AuthTargetRef{{Parameter: "pw", Name: "auth", Key: "password"}},
	}}
	w := newWorld(t, o, secret("ns", "other"))
	q := w.named("TriggerAuthentication")
	if _, err := w.store.Get(context.Background(), q); err != nil {
		t.Fatal(err)
	}
	told := w.told.Load()
	o.Spec.SecretTargetRef[0].Name = "other"
	w.server.Put(o)
	for end := time.Now().Add(10 * time.Second); w.told.Load() == told && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if _, err := w.store.Get(context.Background(), q); err != nil || w.store.objects.Len() != 2 {
		t.Errorf("%d objects followed, want the authentication and one Secret; %v", w.store.objects.Len(), err)
	}
	w.store.Forget(q)
	if n := w.store.objects.Len(); n != 0 {
		t.Errorf("%d objects followed that nobody asks for", n)
	}
}

func TestAnotherKindIsAMistake(t *testing.T) {
	w := newWorld(t)
	_, err := w.store.Get(context.Background(), w.named("Vault"))
	wantMistake(t, err, `kind "Vault"; legal are Secret, TriggerAuthentication, ClusterTriggerAuthentication`)
}
