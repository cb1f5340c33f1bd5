package trigger

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
)

// TestMalformedSecretIsNotShown: no type has a secret of a form that can be wrong yet.
func TestMalformedSecretIsNotShown(t *testing.T) {
	kind := Type{Name: "vault", Params: []Param{{Name: "pin", Form: Integer, Secret: true}, {Name: "door", Form: Integer}}}
	for key, shown := range map[string]bool{"pin": false, "door": true} {
		err := kind.checkKey(field.NewPath(key), key, "hunter2")
		if err == nil || strings.Contains(err.Error(), "hunter2") != shown {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestRefusedKeysSayWhy: a key of KEDA's without a meaning here is not just unknown.
func TestRefusedKeysSayWhy(t *testing.T) {
	kind := Type{Name: "vault", Refused: map[string]string{"door": "vaults have no doors"}}
	for _, key := range []string{"door", "doorFromEnv"} {
		if err := kind.checkKey(field.NewPath(key), key, "x"); err == nil || err.Type != field.ErrorTypeForbidden || err.Detail != "vaults have no doors" {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestTheTargetMayDepend: which parameter is the target may depend on what is given.
func TestTheTargetMayDepend(t *testing.T) {
	kind := Type{Target: "items", target: func(t v1alpha1.Trigger) string {
		if t.Metadata["age"] != "" {
			return "age"
		}
		return "items"
	}}
	for given, want := range map[string]string{"age": "age", "": "items"} {
		if got := kind.targetOf(v1alpha1.Trigger{Metadata: map[string]string{given: "1"}}); got != want {
			t.Errorf("given %q: the target is %s, want %s", given, got, want)
		}
	}
}

// TestChoices: each of a list has to be legal.
func TestChoices(t *testing.T) {
	p := Param{Name: "authModes", Form: Choices, Legal: []string{"basic", "tls", "bearer"}}
	for value, ok := range map[string]bool{"basic": true, "tls, basic": true, "tls;basic": false, "basic,": false, "kerberos": false} {
		if err := p.checkValue(value); (err == nil) != ok {
			t.Errorf("%q: %v", value, err)
		}
	}
}
