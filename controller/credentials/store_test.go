package credentials

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// live is an API server with one Secret, or none.
type live struct {
	client.Reader
	data map[string][]byte
	gets int
}

func (l *live) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	l.gets++
	secret, ok := o.(*corev1.Secret)
	if l.data == nil || !ok {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, "auth")
	}
	secret.Data = l.data
	return nil
}

func ref() *v1alpha1.AuthenticationRef {
	return &v1alpha1.AuthenticationRef{Name: "auth", Kind: "Secret"}
}

func TestASecretIsReadWhenItHasToBe(t *testing.T) {
	server := &live{data: map[string][]byte{"password": []byte("one")}}
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	s := New(server, c)
	want := func(password string, gets int) {
		t.Helper()
		got, err := s.Get(context.Background(), "ns", ref())
		if err != nil || got["password"] != password || server.gets != gets {
			t.Fatalf("got %v, %v after %d reads; want %s after %d", got, err, server.gets, password, gets)
		}
	}
	want("one", 1)
	c.Step(30 * time.Minute)
	want("one", 1)
	server.data = map[string][]byte{"password": []byte("two")}
	s.Distrust("ns", ref(), time.Hour)
	want("one", 1) // not old enough for that
	s.Distrust("ns", ref(), minAge)
	want("two", 2)
	s.Distrust("ns", ref(), minAge)
	want("two", 2) // a moment ago it was read: a server that refuses all the time is no reason to ask all the time
	c.Step(minAge)
	want("two", 2)
	s.Distrust("ns", ref(), minAge)
	want("two", 3)
	c.Step(maxAge)
	want("two", 4)
}

func TestAMissingSecretIsAnError(t *testing.T) {
	server := &live{}
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	s := New(server, c)
	for range 3 {
		if got, err := s.Get(context.Background(), "ns", ref()); err == nil || got != nil || !failure.IsMistake(err) {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if server.gets != 1 {
		t.Fatalf("%d reads at once", server.gets)
	}
	server.data = map[string][]byte{"password": []byte("one")}
	c.Step(minAge)
	if got, err := s.Get(context.Background(), "ns", ref()); err != nil || got["password"] != "one" {
		t.Fatalf("got %v, %v", got, err)
	}
}

func TestOtherKindsAreNotThereYet(t *testing.T) {
	for _, kind := range []string{"", "TriggerAuthentication", "ClusterTriggerAuthentication"} {
		_, err := New(&live{}, clocktesting.NewFakeClock(time.Now())).Get(context.Background(), "ns", &v1alpha1.AuthenticationRef{Name: "a", Kind: kind})
		if err == nil || !strings.Contains(err.Error(), "legal is Secret") {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
}

func TestWhatNobodyAsksForIsForgotten(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000000, 0))
	s := New(&live{data: map[string][]byte{"password": []byte("one")}}, c)
	_, _ = s.Get(context.Background(), "ns", ref())
	c.Step(3 * maxAge)
	_, _ = s.Get(context.Background(), "other", ref())
	if len(s.entries) != 1 {
		t.Errorf("%d Secrets kept", len(s.entries))
	}
}
