package keda

import (
	"slices"
	"testing"
)

func TestLookupFindsEveryType(t *testing.T) {
	names := Names()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Fatalf("the types are not in order, or not different: %v", names)
	}
	for _, name := range names {
		if found, ok := Lookup(name); !ok || found.Name != name || len(found.Params) == 0 {
			t.Errorf("%s: found %t, %+v", name, ok, found)
		}
	}
	if _, ok := Lookup("carrier-pigeon"); ok {
		t.Error("found what is not there")
	}
}

// A required parameter has no default and comes from somewhere, names are unique, and exclusive values are legal ones.
func TestParametersAreSane(t *testing.T) {
	for _, name := range Names() {
		kind, _ := Lookup(name)
		seen := map[string]bool{}
		for _, p := range kind.Params {
			for _, key := range append([]string{p.Name}, p.Aliases...) {
				if seen[key] {
					t.Errorf("%s: %s is there twice", name, key)
				}
				seen[key] = true
			}
			if p.From == 0 || p.Required && (p.Default != "" || p.Gone) {
				t.Errorf("%s: %+v", name, p)
			}
			for _, value := range p.Exclusive {
				if !slices.Contains(p.Legal, value) {
					t.Errorf("%s: %s: %q is exclusive and not legal", name, p.Name, value)
				}
			}
		}
	}
}
