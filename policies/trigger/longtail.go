package trigger

import (
	"slices"

	"github.com/plimsoll-dev/plimsoll/policies/trigger/keda"
)

// LongTail lists the types without a source of our own, sorted: plimsoll-scalers serves them, where it is deployed.
func LongTail() []Type {
	var types []Type
	for _, name := range keda.Names() {
		if t, ok := longTail(name); ok && !native(name) {
			types = append(types, t)
		}
	}
	return types
}

func native(name string) bool {
	return slices.ContainsFunc(catalogue(), func(t Type) bool { return t.Name == name || slices.Contains(t.Aliases, name) })
}

// longTail makes a type of what is known of KEDA's. Value, target and activity are told by plimsoll-scalers, so that
// admission needs the keys and nothing else.
func longTail(name string) (Type, bool) {
	theirs, ok := keda.Lookup(name)
	if !ok {
		return Type{}, false
	}
	t := Type{Name: name, LongTail: true, OwnTarget: true, Wakes: true, Refused: gone(&theirs)}
	for _, p := range theirs.Params {
		if p.Gone && p.From&keda.Metadata != 0 {
			continue
		}
		t.Params = append(t.Params, paramOf(&p))
	}
	for _, p := range unlisted(name) {
		t.add(p)
	}
	return t, true
}

// add adds a parameter, or widens the places that a known one comes from.
func (t *Type) add(p Param) {
	i := slices.IndexFunc(t.Params, func(known Param) bool { return known.Name == p.Name })
	if i < 0 {
		t.Params = append(t.Params, p)
		return
	}
	t.Params[i].From, t.Params[i].Secret = p.From, p.Secret
}

func paramOf(theirs *keda.Param) Param {
	p := Param{
		Name: theirs.Name, Aliases: theirs.Aliases, Default: theirs.Default, Required: theirs.Required,
		Legal: theirs.Legal, Exclusive: theirs.Exclusive, Separator: theirs.Separator,
	}
	if len(p.Legal) > 0 {
		p.Form = Choices
	}
	if theirs.From&keda.Env != 0 {
		p.From |= Env
	}
	switch {
	case theirs.From&keda.Auth == 0:
	case theirs.From&(keda.Metadata|keda.Env) != 0:
		p.From |= Auth
	default:
		p.From |= OnlyAuth
	}
	p.OnlyEnv = theirs.From&keda.Metadata == 0 && theirs.From&keda.Env != 0
	p.Secret = theirs.From&keda.Metadata == 0
	return p
}

// gone says why KEDA itself refuses keys that it once had.
func gone(theirs *keda.Type) map[string]string {
	refused := map[string]string{}
	for _, p := range theirs.Params {
		if p.Gone && p.From&keda.Metadata != 0 {
			refused[p.Name] = goneFor(theirs.Name, p.Name)
		}
	}
	return refused
}

func goneFor(kind, name string) string {
	instead := map[string]string{
		"gcp-pubsub/subscriptionSize":    "mode with value",
		"huawei-cloudeye/minMetricValue": "activationTargetMetricValue",
		"temporal/buildId":               "workerDeploymentName with workerDeploymentBuildId",
		"temporal/selectAllActive":       "workerDeploymentName with workerDeploymentBuildId",
		"temporal/selectUnversioned":     "workerDeploymentName with workerDeploymentBuildId, or nothing for workers without versions",
	}[kind+"/"+name]
	if instead == "" {
		return "KEDA " + keda.Version + " has it no more"
	}
	return "KEDA " + keda.Version + " has it no more; legal is " + instead
}
