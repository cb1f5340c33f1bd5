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

// unserved says why a type of KEDA's is served by nobody; "" where somebody does, or it is none of KEDA's.
func unserved(name string) string {
	if name == "kubernetes-resource" {
		return "it reads any object of the cluster with the rights of whoever serves it, which its user need not have"
	}
	return ""
}

// longTail makes a type of what is known of KEDA's. Value, target and activity are told by plimsoll-scalers, so that
// admission needs the keys and nothing else.
func longTail(name string) (Type, bool) {
	theirs, ok := keda.Lookup(name)
	if !ok || unserved(name) != "" {
		return Type{}, false
	}
	t := Type{Name: name, LongTail: true, OwnTarget: true, Wakes: true, Refused: refusals(&theirs)}
	for _, p := range theirs.Params {
		if t.Refused[p.Name] != "" {
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

// refusals are the keys that KEDA itself has no more, and those that need rights which plimsoll-scalers has not.
func refusals(theirs *keda.Type) map[string]string {
	refused := map[string]string{}
	if theirs.Name == "metrics-api" {
		const noEndpoints = "needs the endpoints of Services, which plimsoll-scalers may not read; legal is the url of one that answers for all"
		refused["aggregateFromKubeServiceEndpoints"], refused["aggregationType"] = noEndpoints, noEndpoints
	}
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
