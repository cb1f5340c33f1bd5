package trigger

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
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
