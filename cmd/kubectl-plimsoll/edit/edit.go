// Package edit is a wish to change Plimsoll's annotations, checked before anything is asked of a cluster.
package edit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/plimsoll-dev/plimsoll/policies/intent"
	"github.com/plimsoll-dev/plimsoll/policies/patch"
	"github.com/plimsoll-dev/plimsoll/policies/subject"
)

// Edit says which annotations are set and which are removed. The zero value changes nothing.
type Edit struct {
	set     map[string]string
	removed map[string]bool
	// Clear removes every annotation of Plimsoll that is not set.
	Clear bool
}

// Set sets a key, with or without its prefix.
func (e *Edit) Set(key, value string) error {
	key, err := full(key)
	if err != nil {
		return err
	}
	if _, twice := e.set[key]; twice {
		return fmt.Errorf("%s is set twice", key)
	}
	if e.removed[key] {
		return fmt.Errorf("%s is set and removed", key)
	}
	if e.set == nil {
		e.set = map[string]string{}
	}
	e.set[key] = value
	return nil
}

// Remove removes a key, with or without its prefix. Any name will do: what is misspelt has to go, too.
func (e *Edit) Remove(key string) error {
	key, err := full(key)
	if err != nil {
		return err
	}
	if _, set := e.set[key]; set {
		return fmt.Errorf("%s is set and removed", key)
	}
	if e.removed == nil {
		e.removed = map[string]bool{}
	}
	e.removed[key] = true
	return nil
}

func full(key string) (string, error) {
	prefix, name, prefixed := strings.Cut(key, "/")
	if !prefixed {
		name = key
	}
	switch {
	case name == "":
		return "", errors.New("a key without a name")
	case prefixed && prefix+"/" != intent.Prefix:
		return "", fmt.Errorf("%s: only keys under %s are written here", key, intent.Prefix)
	case intent.OwnRecord(intent.Prefix + name):
		return "", fmt.Errorf("%s%s is Plimsoll's own record; it is not for people to write", intent.Prefix, name)
	}
	return intent.Prefix + name, nil
}

// Empty tells whether there is nothing to do.
func (e *Edit) Empty() bool { return len(e.set) == 0 && len(e.removed) == 0 && !e.Clear }

// Check finds what is wrong with the values whatever object they are for: keys that do not exist, and malformed values.
func (e *Edit) Check() error {
	var all []error
	for _, key := range slices.Sorted(maps.Keys(e.set)) {
		if problem := e.problem(key); problem != nil {
			all = append(all, errors.New(intent.Describe(problem)))
		}
	}
	return errors.Join(all...)
}

// Hints are what is legal and seldom meant: a bare number for CPU or memory is cores or bytes, not percent.
func (e *Edit) Hints() []string {
	var hints []string
	for key, unit := range map[intent.ID]string{intent.KeyCPU: "cores", intent.KeyMemory: "bytes"} {
		value := e.set[key.String()]
		if _, err := strconv.Atoi(value); err == nil {
			hints = append(hints, fmt.Sprintf("%s: %s is %s %s for each pod; %s%% is of its request", key, value, value, unit, value))
		}
	}
	slices.Sort(hints)
	return hints
}

// problem finds the mistake in a value, on the first kind for which the key has a meaning.
func (e *Edit) problem(key string) *field.Error {
	for kind := subject.Deployment; kind <= subject.Namespace; kind++ {
		_, problems := intent.Parse(kind, map[string]string{key: e.set[key]})
		switch {
		case len(problems) == 0:
			return nil
		case problems[0].Type != field.ErrorTypeForbidden:
			return problems[0]
		}
	}
	return nil
}

// CheckOn finds the keys that have no meaning on a kind. Admission only warns of them; who sets them by name means another
// object.
func (e *Edit) CheckOn(kind subject.Kind) error {
	var all []error
	for _, key := range slices.Sorted(maps.Keys(e.set)) {
		for _, k := range intent.Keys() {
			name, _, _ := strings.Cut(strings.TrimPrefix(key, intent.Prefix), ".")
			if k.Name == name && !k.On.Has(kind) {
				all = append(all, fmt.Errorf("%s has no meaning on a %s; it is for %s", key, kind, k.On))
			}
		}
	}
	return errors.Join(all...)
}

// Apply gives the annotations after the edit. The given ones stay as they are.
func (e *Edit) Apply(annotations map[string]string) map[string]string {
	after := map[string]string{}
	for key, value := range annotations {
		if !e.removes(key) {
			after[key] = value
		}
	}
	maps.Copy(after, e.set)
	return after
}

func (e *Edit) removes(key string) bool {
	return e.removed[key] || e.Clear && strings.HasPrefix(key, intent.Prefix) && !intent.OwnRecord(key)
}

// Ops are the operations that turn an object with the one annotations into one with the others.
func Ops(before, after map[string]string) []patch.Op {
	const path = "/metadata/annotations"
	if len(after) == 0 {
		if len(before) == 0 {
			return nil
		}
		return []patch.Op{{Op: "remove", Path: path}}
	}
	var ops []patch.Op
	if len(before) == 0 {
		ops = append(ops, patch.Op{Op: "add", Path: path, Value: map[string]any{}})
	}
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[key]; !stays {
			ops = append(ops, patch.Op{Op: "remove", Path: path + "/" + escape(key)})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if was, there := before[key]; !there || was != after[key] {
			ops = append(ops, patch.Op{Op: "add", Path: path + "/" + escape(key), Value: after[key]})
		}
	}
	return ops
}

func escape(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }

// Ours are the annotations of Plimsoll that people write.
func Ours(annotations map[string]string) map[string]string {
	ours := map[string]string{}
	for key, value := range annotations {
		if strings.HasPrefix(key, intent.Prefix) && !intent.OwnRecord(key) {
			ours[key] = value
		}
	}
	return ours
}
