// Package keda is the table of KEDA's trigger types, generated from the schema that KEDA publishes: which parameters there
// are, where they come from, which are required, what is legal. It holds facts and no knowledge: what of it is served, and
// how, is the catalogue's business (policies/trigger).
package keda

import (
	"cmp"
	"slices"
)

// Type is one trigger type.
type Type struct {
	Name string
	// Params in KEDA's order.
	Params []Param
}

// Param is one parameter of a type.
type Param struct {
	Name string
	// Aliases are other names of the same parameter.
	Aliases []string
	// From says where KEDA reads it.
	From Place
	// Required: KEDA refuses a trigger without it.
	Required bool
	// Default where it is not given; empty where there is none.
	Default string
	// Legal values, each of a list by Separator; empty where any is. Of those in Exclusive the list may have one.
	Legal, Exclusive []string
	// Separator of a list; empty stands for a comma.
	Separator string
	// Gone: KEDA knows the parameter and refuses it in the metadata. From says from where it still comes; where that is the
	// metadata, from nowhere.
	Gone bool
}

// Place is a set of places that parameters come from.
type Place uint8

// The places: the trigger's metadata; the target's environment, by the key with "FromEnv" behind it; the object that
// authenticationRef names.
const (
	Metadata Place = 1 << iota
	Env
	Auth
)

// Lookup finds a type by its name. Nobody may change its parameters.
func Lookup(name string) (Type, bool) {
	i, found := slices.BinarySearchFunc(types[:], name, func(t Type, name string) int { return cmp.Compare(t.Name, name) })
	if !found {
		return Type{}, false
	}
	return types[i], true
}

// Names lists the types, sorted.
func Names() []string {
	names := make([]string, len(types))
	for i := range types {
		names[i] = types[i].Name
	}
	return names
}
