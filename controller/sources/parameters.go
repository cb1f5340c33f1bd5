package sources

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/api/v1alpha1"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Parameters are a trigger's, with what authenticationRef adds, checked against the catalogue.
type Parameters struct {
	kind trigger.Type
	meta map[string]string
	auth map[string]string
	env  map[string]string
}

// ParametersOf puts the parameters of a request together. A Secret that is named has to give something: a misspelt key must
// not end in a connection without a password.
func ParametersOf(r Request) (Parameters, error) {
	t := r.Signal.TriggerRef
	if t == nil {
		return Parameters{}, failure.Mistake(fmt.Errorf("signal %s is no trigger", r.Signal.Name))
	}
	kind, ok := trigger.Lookup(t.Type)
	if !ok {
		return Parameters{}, failure.Mistake(fmt.Errorf("trigger type %q is not served; served are %s",
			t.Type, strings.Join(trigger.Names(), ", ")))
	}
	p := Parameters{kind: kind, meta: t.Metadata, auth: r.Auth, env: r.Env}
	if err := errors.Join(p.checkEnv(), p.checkAuth(t.AuthenticationRef)); err != nil {
		return Parameters{}, failure.Mistake(err)
	}
	return p, nil
}

// checkEnv wants a value of every variable that the metadata names.
func (p *Parameters) checkEnv() error {
	for _, key := range slices.Sorted(maps.Keys(p.meta)) {
		base, ok := strings.CutSuffix(key, trigger.EnvSuffix)
		if name := p.meta[key]; ok && name != "" && p.meta[base] == "" && p.env[name] == "" {
			return fmt.Errorf("%s: the target's variable %q has no value", key, name)
		}
	}
	return nil
}

// checkAuth wants at least one parameter of the type from what authenticationRef names, and none of them empty.
func (p *Parameters) checkAuth(ref *v1alpha1.AuthenticationRef) error {
	if p.auth == nil || ref == nil {
		return nil
	}
	kind := ref.Kind
	switch kind {
	case trigger.SecretKind:
		kind = "secret"
	case "":
		kind = trigger.AuthenticationKind
	}
	var legal []string
	found := false
	for _, param := range p.kind.Params {
		if param.From&(trigger.Auth|trigger.OnlyAuth) == 0 {
			continue
		}
		legal = append(legal, param.Name)
		for _, key := range param.Names() {
			value, ok := p.auth[key]
			if ok && value == "" {
				return fmt.Errorf("%s %q: key %s is empty", kind, ref.Name, key)
			}
			found = found || ok
		}
	}
	if !found {
		return fmt.Errorf("%s %q has none of the keys of trigger type %s: %s", kind, ref.Name, p.kind.Name, strings.Join(legal, ", "))
	}
	return nil
}

// Get gives a parameter: from the metadata, else from the target's environment, else from what authenticationRef names, else
// the default.
func (p *Parameters) Get(name string) string {
	param, ok := p.kind.Param(name)
	if !ok {
		return ""
	}
	if value := param.In(p.meta); value != "" && param.From&trigger.OnlyAuth == 0 {
		return value
	}
	if value := p.variable(&param); value != "" && param.From&trigger.Env != 0 {
		return value
	}
	if value := param.In(p.auth); value != "" && param.From&(trigger.Auth|trigger.OnlyAuth) != 0 {
		return value
	}
	return param.Default
}

// variable gives the value of the variable that the metadata names for a parameter.
func (p *Parameters) variable(param *trigger.Param) string {
	for _, name := range param.Names() {
		if value := p.env[p.meta[name+trigger.EnvSuffix]]; value != "" {
			return value
		}
	}
	return ""
}

// True tells whether a parameter is set to a true value.
func (p *Parameters) True(name string) bool {
	switch p.Get(name) {
	case "true", "True", "TRUE", "t", "T", "1", "enable":
		return true
	}
	return false
}
