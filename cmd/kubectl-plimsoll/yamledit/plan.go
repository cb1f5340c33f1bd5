package yamledit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/plimsoll-dev/plimsoll/policies/patch"
)

// step is one operation with its path in parts and its value as plain JSON.
type step struct {
	op    string
	path  []string
	value any
}

// plan turns operations into steps that can all be carried out on the original text, none depending on another: an
// operation below what an earlier one put there becomes part of it, and the first entry of an empty map or list replaces
// the empty one.
func plan(doc []byte, ops []patch.Op) ([]step, error) {
	var object any
	if err := utiljson.Unmarshal(doc, &object); err != nil {
		return nil, err
	}
	var steps []step
	for _, op := range ops {
		s, err := newStep(op)
		if err != nil {
			return nil, err
		}
		if i := above(steps, s.path); i >= 0 {
			if steps[i].value, err = s.into(steps[i]); err != nil {
				return nil, err
			}
			continue
		}
		if s.op == "add" {
			s = s.lifted(object)
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func newStep(op patch.Op) (step, error) {
	s := step{op: op.Op, path: split(op.Path)}
	if len(s.path) == 0 {
		return s, fmt.Errorf("operation %s on the whole document", op.Op)
	}
	value, err := plain(op.Value)
	s.value = value
	return s, err
}

// plain gives a value as what JSON decodes to.
func plain(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out any
	err = utiljson.Unmarshal(raw, &out)
	return out, err
}

// split reads a JSON pointer (RFC 6901).
func split(pointer string) []string {
	if pointer == "" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(p, "~1", "/"), "~0", "~")
	}
	return parts
}

func join(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(p, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// lifted replaces an empty map or list as a whole where the step would add its first entry.
func (s step) lifted(object any) step {
	parent, last := s.path[:len(s.path)-1], s.path[len(s.path)-1]
	if len(parent) == 0 {
		return s
	}
	switch at := lookup(object, parent).(type) {
	case map[string]any:
		if len(at) == 0 {
			return step{op: "replace", path: parent, value: map[string]any{last: s.value}}
		}
	case []any:
		if len(at) == 0 {
			return step{op: "replace", path: parent, value: []any{s.value}}
		}
	}
	return s
}

func lookup(object any, path []string) any {
	for _, p := range path {
		switch at := object.(type) {
		case map[string]any:
			object = at[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			object = at[i]
		default:
			return nil
		}
	}
	return object
}

// above finds the step that puts in place what the path leads through, or -1.
func above(steps []step, path []string) int {
	return slices.IndexFunc(steps, func(s step) bool {
		return s.op != "remove" && len(s.path) <= len(path) && slices.Equal(s.path, path[:len(s.path)])
	})
}

// into makes the step part of the value of an earlier one.
func (s step) into(earlier step) (any, error) {
	if len(s.path) == len(earlier.path) {
		if s.op == "remove" {
			return nil, fmt.Errorf("%s is set and removed again", join(s.path))
		}
		return s.value, nil
	}
	raw, err := json.Marshal(earlier.value)
	if err != nil {
		return nil, err
	}
	raw, err = applyJSON(raw, []patch.Op{{Op: s.op, Path: join(s.path[len(earlier.path):]), Value: s.value}})
	if err != nil {
		return nil, err
	}
	var out any
	err = utiljson.Unmarshal(raw, &out)
	return out, err
}
