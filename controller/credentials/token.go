package credentials

import (
	"fmt"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// tokenLife is what is asked for; the API server may give less.
const tokenLife = time.Hour

// tokens are the tokens of ServiceAccounts that are in use. Each is asked for again when four fifths of its life are over.
type tokens struct {
	mu    sync.Mutex
	known map[types.NamespacedName]token
}

type token struct {
	value string
	renew time.Time
}

func newTokens() tokens { return tokens{known: map[types.NamespacedName]token{}} }

// token gives a token of a ServiceAccount.
func (s *search) token(namespace, name string) (string, error) {
	account := types.NamespacedName{Namespace: namespace, Name: name}
	audience, ok := s.Audiences[account]
	if !ok {
		return "", mistake("serviceaccount %q: Plimsoll was not told for whom its tokens are: start it with "+
			"--token-audience=%s/%s=AUDIENCE", name, namespace, name)
	}
	t, ok := s.tokens.get(account, s.Clock.Now())
	if !ok {
		var err error
		if t, err = s.request(account, audience); err != nil {
			return "", err
		}
		s.tokens.put(account, t, s.Clock.Now())
	}
	s.before(t.renew)
	return t.value, nil
}

// request asks the API server for a token.
func (s *search) request(account types.NamespacedName, audience string) (token, error) {
	seconds := int64(tokenLife / time.Second)
	r := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{Audiences: []string{audience}, ExpirationSeconds: &seconds},
	}
	o := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: account.Namespace, Name: account.Name}}
	now := s.Clock.Now()
	switch err := s.Client.SubResource("token").Create(s.ctx, o, r); {
	case apierrors.IsNotFound(err):
		return token{}, mistake("serviceaccount %q does not exist", account.Name)
	case apierrors.IsForbidden(err):
		return token{}, mistake("a token of serviceaccount %q may not be asked for by Plimsoll: a Role has to grant it create on "+
			"serviceaccounts/token with that name (docs/install.md)", account.Name)
	case err != nil:
		return token{}, fmt.Errorf("asking for a token of serviceaccount %q: %w", account.Name, err)
	case r.Status.Token == "":
		return token{}, fmt.Errorf("asking for a token of serviceaccount %q: the answer has none", account.Name)
	}
	return token{value: r.Status.Token, renew: now.Add(r.Status.ExpirationTimestamp.Sub(now) * 4 / 5)}, nil
}

func (t *tokens) get(account types.NamespacedName, now time.Time) (token, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.known[account]
	return known, ok && now.Before(known.renew)
}

// put keeps a token, and drops those that nobody has renewed.
func (t *tokens) put(account types.NamespacedName, fresh token, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, old := range t.known {
		if now.Sub(old.renew) > tokenLife {
			delete(t.known, other)
		}
	}
	t.known[account] = fresh
}
