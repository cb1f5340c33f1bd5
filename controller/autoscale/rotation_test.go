package autoscale

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// TestARotatedPasswordIsUsedAtOnce: with an hour between polls nothing but being told can be the cause.
func TestARotatedPasswordIsUsedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.deployment("consumer", 0)
	w.set("consumer", 15)
	w.secrets["auth"] = map[string]string{"password": "old"}
	w.start()
	w.loop.Put(scaler("consumer", func(s *v1alpha1.Scaler) {
		s.Spec.PollingInterval = &metav1.Duration{Duration: time.Hour}
		s.Spec.Triggers[0].AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "auth", Kind: "Secret"}
	}))
	w.await("3 replicas", func() bool { n := w.written("consumer"); return len(n) == 1 && n[0] == 3 })
	w.set("consumer", 25)
	w.rotate("auth", map[string]string{"password": "new"})
	w.await("5 replicas", func() bool { n := w.written("consumer"); return len(n) == 2 && n[1] == 5 })
	w.mu.Lock()
	reads := w.reads["server:6379#new"]
	w.mu.Unlock()
	if reads != 1 {
		t.Errorf("%d reads with the new password, want 1", reads)
	}
	// What did not change is no reason to ask.
	w.rotate("auth", map[string]string{"password": "new"})
	w.rotate("auth", map[string]string{"password": "newest"})
	w.await("a read with the newest password", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.reads["server:6379#newest"] == 1 && w.reads["server:6379#new"] == 1
	})
	w.loop.Remove(types.NamespacedName{Namespace: "ns", Name: "consumer"})
	w.await("credentials let go of", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.asking) == 0
	})
}

// TestASecretThatAppearsIsUsedAtOnce, whatever the back-off of mistakes.
func TestASecretThatAppearsIsUsedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.deployment("consumer", 1)
	w.set("consumer", 15)
	w.start()
	w.loop.Put(scaler("consumer", func(s *v1alpha1.Scaler) {
		s.Spec.PollingInterval = &metav1.Duration{Duration: time.Hour}
		s.Spec.Triggers[0].AuthenticationRef = &v1alpha1.AuthenticationRef{Name: "auth", Kind: "Secret"}
	}))
	w.await("a report of the missing Secret", func() bool { return len(w.reported("consumer")) > 0 })
	w.rotate("auth", map[string]string{"password": "right"})
	w.await("3 replicas", func() bool { n := w.written("consumer"); return len(n) == 1 && n[0] == 3 })
}
