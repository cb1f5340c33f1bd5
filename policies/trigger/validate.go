package trigger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/nearest"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/keda"
)

type checkFunc func(t v1alpha1.Trigger, metadata *field.Path) *field.Error

// Validate checks a trigger without its surroundings. Fields are named from the trigger down ("metadata[listName]").
func Validate(t v1alpha1.Trigger) field.ErrorList { return ValidateAt(nil, t) }

// ValidateAt checks the trigger at path. Each error names the field, the value unless it is a secret, and what is legal:
//
//	field.ErrorTypeNotSupported  the type is not served, or the metadata has an unknown key
//	field.ErrorTypeRequired      a parameter is missing
//	field.ErrorTypeInvalid       a value is malformed or out of range
//	field.ErrorTypeForbidden     the key is KEDA's and has no meaning here, or comes from elsewhere
func ValidateAt(path *field.Path, t v1alpha1.Trigger) field.ErrorList {
	kind, ok := Lookup(t.Type)
	if !ok {
		return field.ErrorList{unknownType(path, t.Type)}
	}
	metadata := path.Child("metadata")
	errs := kind.checkKeys(metadata, t)
	errs = append(errs, kind.checkRequired(metadata, t)...)
	errs = append(errs, kind.checkMetricType(path, t)...)
	errs = append(errs, checkAuthentication(path.Child("authenticationRef"), t.AuthenticationRef)...)
	if kind.check != nil && len(errs) == 0 {
		if err := kind.check(t, metadata); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func unknownType(path *field.Path, name string) *field.Error {
	if reason := unserved(name); reason != "" {
		return notSupported(path.Child("type"), name, "is not served: "+reason)
	}
	var known []string
	for _, t := range catalogue() {
		known = append(append(known, t.Name), t.Aliases...)
	}
	known = append(known, keda.Names()...)
	detail := "is not served; served are " + served()
	if n, ok := nearest.To(name, known); ok {
		detail = "is not served; did you mean " + n + "?"
	}
	return notSupported(path.Child("type"), name, detail)
}

func served() string {
	return strings.Join(Names(), ", ") + ", and with plimsoll-scalers all others of KEDA " + keda.Version
}

// notSupported is field.NotSupported with a sentence of its own.
func notSupported(path *field.Path, value any, detail string) *field.Error {
	return &field.Error{Type: field.ErrorTypeNotSupported, Field: path.String(), BadValue: value, Detail: detail}
}

// checkKeys checks every key that is there, in the order of the alphabet.
func (t *Type) checkKeys(path *field.Path, trigger v1alpha1.Trigger) field.ErrorList {
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(trigger.Metadata)) {
		if err := t.checkKey(path.Key(key), key, trigger.Metadata[key]); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (t *Type) checkKey(path *field.Path, key, value string) *field.Error {
	if !t.has(key) {
		return t.unknownKey(path, key)
	}
	p, ok := t.Param(key)
	switch {
	case !ok && value == "":
		return field.Required(path, "names a variable of the target's environment")
	case !ok, value == "": // the name of a variable; or as good as not given
		return nil
	}
	if err := p.checkValue(value); err != nil {
		return field.Invalid(path, p.shown(value), err.Error())
	}
	return nil
}

// has says whether metadata may have a key. A parameter such as query.* stands for all keys with its beginning.
func (t *Type) has(key string) bool {
	if t.FreeKeys {
		_, listed := t.Param(key)
		_, refused := t.Refused[key]
		return !listed && !refused || slices.Contains(t.keys(), key)
	}
	return slices.ContainsFunc(t.keys(), func(known string) bool {
		beginning, open := strings.CutSuffix(known, "*")
		return known == key || open && strings.HasPrefix(key, beginning)
	})
}

func (t *Type) unknownKey(path *field.Path, key string) *field.Error {
	if p, ok := t.Param(key); ok && p.OnlyEnv {
		return field.Forbidden(path, elsewhere(key, &p))
	} else if ok && p.From&OnlyAuth != 0 {
		return field.Forbidden(path, "comes from the object that authenticationRef names, not from metadata")
	}
	if reason, ok := t.Refused[strings.TrimSuffix(key, EnvSuffix)]; ok {
		return field.Forbidden(path, reason)
	}
	detail := fmt.Sprintf("unknown key of trigger type %s", t.Name)
	if n, ok := nearest.To(key, t.keys()); ok {
		return notSupported(path, key, detail+"; did you mean "+n+"?")
	}
	return notSupported(path, key, detail+"; known are "+strings.Join(t.ownKeys(), ", "))
}

// elsewhere says where a parameter comes from that does not stand in the metadata.
func elsewhere(key string, p *Param) string {
	text := "does not stand in the metadata; legal is " + key + EnvSuffix + ", which names a variable of the target's environment"
	if p.From&Auth != 0 {
		text += ", or the object that authenticationRef names"
	}
	return text
}

func (p *Param) shown(value string) string {
	if p.Secret {
		return "(hidden)"
	}
	return value
}

func (t *Type) checkRequired(path *field.Path, trigger v1alpha1.Trigger) field.ErrorList {
	var errs field.ErrorList
	for _, p := range t.Params {
		if p.Required && !t.given(trigger, p.Name) {
			errs = append(errs, field.Required(path.Key(p.Name), t.needs(&p)))
		}
	}
	if len(t.OneOf) > 0 && !slices.ContainsFunc(t.OneOf, func(set []string) bool { return t.allGiven(trigger, set) }) {
		errs = append(errs, field.Required(path.Key(t.OneOf[0][0]), "legal is "+alternatives(t.OneOf)))
	}
	return errs
}

// needs says what a required parameter is.
func (t *Type) needs(p *Param) string {
	if p.Doc != "" {
		return strings.TrimSuffix(p.Doc, ".")
	}
	text := "trigger type " + t.Name + " needs it"
	if p.From != 0 {
		text += ", here or from elsewhere (FromEnv, authenticationRef)"
	}
	return text
}

func (t *Type) allGiven(trigger v1alpha1.Trigger, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !t.given(trigger, name) })
}

// given says whether a parameter has a value, or may get one from elsewhere.
func (t *Type) given(trigger v1alpha1.Trigger, name string) bool {
	p, _ := t.Param(name)
	return p.From&(Auth|OnlyAuth) != 0 && trigger.AuthenticationRef != nil || slices.ContainsFunc(p.Names(), func(name string) bool {
		return !p.OnlyEnv && trigger.Metadata[name] != "" || p.From&Env != 0 && trigger.Metadata[name+EnvSuffix] != ""
	})
}

func alternatives(sets [][]string) string {
	var all []string
	for _, set := range sets {
		all = append(all, strings.Join(set, " with "))
	}
	return strings.Join(all, ", or ")
}

// checkMetricType: items and pods are counted, so of them there is no utilization; of resources there is no total.
func (t *Type) checkMetricType(path *field.Path, trigger v1alpha1.Trigger) field.ErrorList {
	legal := []autoscalingv2.MetricTargetType{autoscalingv2.AverageValueMetricType, autoscalingv2.ValueMetricType}
	if t.Resource != "" {
		legal = []autoscalingv2.MetricTargetType{autoscalingv2.UtilizationMetricType, autoscalingv2.AverageValueMetricType}
	}
	if trigger.MetricType == "" || slices.Contains(legal, trigger.MetricType) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path.Child("metricType"), trigger.MetricType, legal)}
}
