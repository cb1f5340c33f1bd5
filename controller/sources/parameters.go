package sources

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/controller/failure"
	"github.com/plimsoll-dev/plimsoll/policies/trigger"
)

// Parameters are a trigger's, with what authenticationRef adds, checked against the catalogue.
type Parameters struct {
	kind trigger.Type
	meta map[string]string
	auth map[string]string
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
	p := Parameters{kind: kind, meta: t.Metadata, auth: r.Auth}
	for _, check := range []func(string) error{p.checkEnv, p.checkAuth} {
		name := ""
		if t.AuthenticationRef != nil {
			name = t.AuthenticationRef.Name
		}
		if err := check(name); err != nil {
			return Parameters{}, failure.Mistake(err)
		}
	}
	return p, nil
}

// checkEnv refuses parameters from the target's environment, which are not read yet.
func (p *Parameters) checkEnv(string) error {
	for _, key := range slices.Sorted(maps.Keys(p.meta)) {
		if base, ok := strings.CutSuffix(key, trigger.EnvSuffix); ok && p.meta[base] == "" {
			return fmt.Errorf("%s: parameters from the target's environment are not supported yet; put %s into a Secret named by authenticationRef",
				key, base)
		}
	}
	return nil
}

// checkAuth wants at least one parameter of the type from the Secret, and none of them empty.
func (p *Parameters) checkAuth(name string) error {
	if p.auth == nil {
		return nil
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
				return fmt.Errorf("secret %q: key %s is empty", name, key)
			}
			found = found || ok
		}
	}
	if !found {
		return fmt.Errorf("secret %q has none of the keys of trigger type %s: %s", name, p.kind.Name, strings.Join(legal, ", "))
	}
	return nil
}

// Get gives a parameter: from the metadata, else from the Secret, else the default.
func (p *Parameters) Get(name string) string {
	param, ok := p.kind.Param(name)
	if !ok {
		return ""
	}
	if value := param.In(p.meta); value != "" && param.From&trigger.OnlyAuth == 0 {
		return value
	}
	if value := param.In(p.auth); value != "" && param.From&(trigger.Auth|trigger.OnlyAuth) != 0 {
		return value
	}
	return param.Default
}

// True tells whether a parameter is set to a true value.
func (p *Parameters) True(name string) bool {
	switch p.Get(name) {
	case "true", "True", "TRUE", "t", "T", "1", "enable":
		return true
	}
	return false
}
