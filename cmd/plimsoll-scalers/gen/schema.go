package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// kind is a trigger type of the schema, its parameters in KEDA's order.
type kind struct {
	Name   string  `json:"type"`
	Params []param `json:"parameters"`
}

// param is one parameter. Aliases are other names of the same.
type param struct {
	Name         string   `json:"name"`
	Optional     bool     `json:"optional"`
	Default      string   `json:"default"`
	Metadata     bool     `json:"metadataVariableReadable"`
	Env          bool     `json:"envVariableReadable"`
	Auth         bool     `json:"triggerAuthenticationVariableReadable"`
	AllowedValue []string `json:"allowedValue"`
	ExclusiveSet []string `json:"exclusiveSet"`
	Separator    string   `json:"separator"`
	Deprecated   string   `json:"deprecated"`

	Aliases []string `json:"-"`
	// GoneFrom is true where KEDA refuses the parameter in the metadata.
	GoneFrom bool `json:"-"`
}

// readSchema reads the types, ordered by name.
func readSchema(dir string) ([]kind, error) {
	text, err := os.ReadFile(filepath.Join(dir, "schema", "generated", "scalers-schema.json"))
	if err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	var schema struct {
		Version int    `json:"schemaVersion"`
		Scalers []kind `json:"scalers"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	if schema.Version != 1 || len(schema.Scalers) == 0 {
		return nil, fmt.Errorf("the schema has version %d and %d types; this program knows version 1", schema.Version, len(schema.Scalers))
	}
	groups, err := readGroups(filepath.Join(dir, "pkg", "scalers"))
	if err != nil {
		return nil, err
	}
	for i := range schema.Scalers {
		k := &schema.Scalers[i]
		k.Params = merged(grouped(k.Params, groups))
	}
	slices.SortFunc(schema.Scalers, func(a, b kind) int { return strings.Compare(a.Name, b.Name) })
	return schema.Scalers, nil
}

// grouped joins the names of one parameter, which the schema lists one after the other as if they were several.
func grouped(params []param, groups map[string]bool) []param {
	var out []param
	for i := 0; i < len(params); i++ {
		p := params[i]
		for i+1 < len(params) && groups[p.Name+";"+params[i+1].Name] {
			i++
			p.Aliases = append(p.Aliases, params[i].Name)
		}
		out = append(out, p)
	}
	return out
}

// merged makes one parameter of those with the same name, which KEDA reads into several fields: it may come from where any
// of them comes from. Where one of them is refused, the others say from where it still comes.
func merged(params []param) []param {
	var out []param
	for _, p := range params {
		p.GoneFrom = p.Deprecated != ""
		i := slices.IndexFunc(out, func(o param) bool { return o.Name == p.Name })
		if i < 0 {
			out = append(out, p)
			continue
		}
		out[i] = join(out[i], p)
	}
	return out
}

func join(a, b param) param {
	if a.GoneFrom {
		a, b = b, a
	}
	if b.GoneFrom {
		a.GoneFrom = true
		return a
	}
	a.Optional = a.Optional && b.Optional
	a.Metadata, a.Env, a.Auth = a.Metadata || b.Metadata, a.Env || b.Env, a.Auth || b.Auth
	a.Default = cmp.Or(a.Default, b.Default)
	for _, name := range b.Aliases {
		if !slices.Contains(a.Aliases, name) {
			a.Aliases = append(a.Aliases, name)
		}
	}
	return a
}

// required says whether KEDA refuses a trigger without the parameter.
func (p *param) required() bool { return !p.Optional && p.Default == "" && p.Deprecated == "" }
