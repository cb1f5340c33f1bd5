package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkStrings finds labels and annotations that are no strings: `max-replicas: 5` without quotes is what most people write
// the first time. What is no object is none of its business.
func checkStrings(raw []byte) error {
	var head struct {
		Metadata struct {
			Labels      map[string]any `json:"labels"`
			Annotations map[string]any `json:"annotations"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil //nolint:nilerr // whoever decodes it says so
	}
	if err := checkMap("labels", head.Metadata.Labels); err != nil {
		return err
	}
	return checkMap("annotations", head.Metadata.Annotations)
}

func checkMap(field string, values map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		switch v := values[key].(type) {
		case string, nil:
		case map[string]any, []any:
			return fmt.Errorf("metadata.%s: %s: is YAML itself; legal is a string: put a | behind the colon", field, key)
		default:
			text := fmt.Sprint(v)
			if f, ok := v.(float64); ok {
				text = strings.TrimSuffix(fmt.Sprintf("%g", f), ".0")
			}
			return fmt.Errorf("metadata.%s: %s: %s is no string; legal is a string: %q, in quotes", field, key, text, text)
		}
	}
	return nil
}
