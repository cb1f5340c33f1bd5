package trigger_test

import (
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/policies/trigger"
	"github.com/plimsoll-dev/plimsoll/policies/trigger/keda"
)

// Every parameter that KEDA has for a type is accepted, from everywhere that KEDA reads it and with its default, or refused
// with a reason: nothing that means something there is ignored here.
func TestEveryParameterOfKEDAIsAcceptedOrRefused(t *testing.T) {
	compared := 0
	for _, kind := range trigger.All() {
		theirs, ok := keda.Lookup(kind.Name)
		if !ok {
			continue // a type of our own
		}
		compared++
		for _, p := range theirs.Params {
			for _, name := range append([]string{p.Name}, p.Aliases...) {
				compareParam(t, &kind, name, &p)
			}
		}
	}
	if compared < 4 {
		t.Fatalf("only %d types of the catalogue are KEDA's: the comparison has nothing to compare", compared)
	}
}

func compareParam(t *testing.T, kind *trigger.Type, name string, theirs *keda.Param) {
	t.Helper()
	ours, ok := kind.Param(name)
	refused := kind.Refused[name] != ""
	switch {
	case ok && refused:
		t.Errorf("%s: %s is accepted and refused", kind.Name, name)
	case refused:
		return
	case !ok:
		t.Errorf("%s: %s is KEDA's, and neither a parameter here nor refused with a reason", kind.Name, name)
		return
	}
	for _, place := range []struct {
		name   string
		theirs keda.Place
		ours   bool
	}{
		{"metadata", keda.Metadata, ours.From&trigger.OnlyAuth == 0},
		{"environment", keda.Env, ours.From&trigger.Env != 0},
		{"authenticationRef", keda.Auth, ours.From&(trigger.Auth|trigger.OnlyAuth) != 0},
	} {
		if theirs.From&place.theirs != 0 && !place.ours {
			t.Errorf("%s: KEDA reads %s from the %s, and here it is not", kind.Name, name, place.name)
		}
	}
	// Some defaults KEDA has and then refuses; such a parameter is required here.
	if theirs.Default != "" && !ours.Required && ours.Default != theirs.Default && !differs(kind.Name, name) {
		t.Errorf("%s: %s is %q by default, and %q in KEDA", kind.Name, name, ours.Default, theirs.Default)
	}
	for _, value := range theirs.Legal {
		if len(ours.Legal) > 0 && !slices.Contains(ours.Legal, value) {
			t.Errorf("%s: %s may be %q in KEDA, and here it may not", kind.Name, name, value)
		}
	}
}

// differs says whether the default of a parameter is another than KEDA's on purpose. Its Doc says so.
func differs(kind, name string) bool {
	return slices.Contains([]string{
		"prometheus/ignoreNullValues", // no data is no answer
	}, kind+"/"+name)
}

// A key is refused for one reason, and is not a key of the type as well.
func TestRefusalsSayWhy(t *testing.T) {
	for _, kind := range trigger.All() {
		for name, why := range kind.Refused {
			if name == "" || why == "" {
				t.Errorf("%s: %q is refused, for the reason %q", kind.Name, name, why)
			}
			if theirs, ok := keda.Lookup(kind.Name); ok && !kind.FreeKeys && !slices.ContainsFunc(theirs.Params, func(p keda.Param) bool {
				return p.Name == name || slices.Contains(p.Aliases, name)
			}) {
				t.Errorf("%s: %s is refused, and KEDA does not know it either: it is an unknown key", kind.Name, name)
			}
		}
	}
}
