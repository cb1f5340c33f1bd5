package trigger

import (
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
)

// The kinds of objects that authenticationRef may name.
const (
	SecretKind                = "Secret"
	AuthenticationKind        = "TriggerAuthentication" // the default
	ClusterAuthenticationKind = "ClusterTriggerAuthentication"
)

// AuthenticationKinds lists the kinds that authenticationRef may name.
func AuthenticationKinds() []string {
	return []string{SecretKind, AuthenticationKind, ClusterAuthenticationKind}
}

// NeedsCredentials tells whether a trigger has parameters from elsewhere than its metadata.
func NeedsCredentials(t *v1alpha1.Trigger) bool {
	if t.AuthenticationRef != nil {
		return true
	}
	for key, name := range t.Metadata {
		if base, ok := strings.CutSuffix(key, EnvSuffix); ok && name != "" && t.Metadata[base] == "" {
			return true
		}
	}
	return false
}

// checkAuthentication checks a reference as far as it can be checked without what it names.
func checkAuthentication(path *field.Path, ref *v1alpha1.AuthenticationRef) field.ErrorList {
	if ref == nil {
		return nil
	}
	var errs field.ErrorList
	if ref.Name == "" {
		errs = append(errs, field.Required(path.Child("name"), "names the object with the credentials"))
	} else if wrong := apivalidation.NameIsDNSSubdomain(ref.Name, false); len(wrong) > 0 {
		errs = append(errs, field.Invalid(path.Child("name"), ref.Name, "legal is an object's name, such as redis-auth"))
	}
	if ref.Kind != "" && !slices.Contains(AuthenticationKinds(), ref.Kind) {
		detail := "legal are " + strings.Join(AuthenticationKinds(), ", ")
		if n, ok := nearest.To(ref.Kind, AuthenticationKinds()); ok {
			detail += "; did you mean " + n + "?"
		}
		errs = append(errs, notSupported(path.Child("kind"), ref.Kind, detail))
	}
	return errs
}
