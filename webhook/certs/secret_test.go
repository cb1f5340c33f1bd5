package certs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func keeper(funcs interceptor.Funcs, there ...client.Object) *secretKeeper {
	c := interceptor.NewClient(fake.NewClientBuilder().WithObjects(there...).Build(), funcs)
	return &secretKeeper{secret: types.NamespacedName{Namespace: "plimsoll-system", Name: "cert"}, reader: c, writer: c}
}

func stored(t *testing.T, k *secretKeeper) *corev1.Secret {
	t.Helper()
	secret := &corev1.Secret{}
	if err := k.reader.Get(t.Context(), k.secret, secret); err != nil {
		return nil
	}
	return secret
}

func TestSecretIsMadeWhereItIsMissing(t *testing.T) {
	t.Parallel()
	k := keeper(interceptor.Funcs{})
	must(t, k.ensure(t.Context()))
	if s := stored(t, k); s == nil || len(s.Data) > 0 {
		t.Errorf("there is %v, want an empty Secret", s)
	}
}

func TestSecretStaysAsItIs(t *testing.T) {
	t.Parallel()
	k := keeper(interceptor.Funcs{}, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "plimsoll-system", Name: "cert"}, Data: map[string][]byte{"ca.crt": []byte("x")},
	})
	must(t, k.ensure(t.Context()))
	if s := stored(t, k); s == nil || len(s.Data) != 1 {
		t.Errorf("there is %v, want what was there", s)
	}
}

func TestSecretErrors(t *testing.T) {
	t.Parallel()
	secrets := schema.GroupResource{Resource: "secrets"}
	for name, tc := range map[string]struct {
		get, create error
		fails       bool
	}{
		"another replica was faster": {create: apierrors.NewAlreadyExists(secrets, "cert")},
		"no right to make it":        {create: apierrors.NewForbidden(secrets, "cert", errors.New("no")), fails: true},
		"no right to look":           {get: apierrors.NewForbidden(secrets, "cert", errors.New("no")), fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			funcs := interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return tc.create }}
			if tc.get != nil {
				funcs.Get = func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
					return tc.get
				}
			}
			if err := keeper(funcs).ensure(t.Context()); (err != nil) != tc.fails {
				t.Errorf("error %v, want one: %t", err, tc.fails)
			}
		})
	}
}

// TestSecretIsRestored: deleted twice, and the first try fails.
func TestSecretIsRestored(t *testing.T) {
	t.Parallel()
	tries := make(chan struct{}, 10)
	k := keeper(interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
		tries <- struct{}{}
		if len(tries) == 1 {
			return errors.New("the API server is away")
		}
		return c.Create(ctx, o, opts...)
	}})
	w := &secretWatch{keeper: k, log: logr.Discard(), gone: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.restore(ctx); close(ended) }()
	for range 2 {
		w.missing()
		w.missing() // asked for once is enough
		s := awaitSecret(t, k)
		must(t, k.writer.Delete(t.Context(), s))
	}
	cancel()
	<-ended
}

func awaitSecret(t *testing.T, k *secretKeeper) *corev1.Secret {
	t.Helper()
	for range 1000 {
		if s := stored(t, k); s != nil {
			return s
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the Secret is not made again")
	return nil
}

func TestTakeFromSecret(t *testing.T) {
	t.Parallel()
	s := &SelfSigned{Source: &Source{}, Folder: t.TempDir() + "/made"}
	s.take(logr.Discard(), &corev1.Secret{}) // not filled yet
	if s.Source.Leaf() != nil {
		t.Error("a certificate out of nothing")
	}
	chain, key := pem(t)
	s.take(logr.Discard(), &corev1.Secret{Data: map[string][]byte{certName: chain, keyName: key}})
	must(t, s.Source.Check(nil))
	f := Files{Source: &Source{}, Folder: s.Folder}
	if _, err := f.load(); err == nil {
		t.Error("the key is on disk")
	}
}
