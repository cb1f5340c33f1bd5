// Package envelope is how a trigger travels to plimsoll-scalers: KEDA's external-scaler protocol has one map of strings for
// an external scaler's own keys, and one key of it holds the whole trigger. It carries credentials, so it goes over a Unix
// socket or mutual TLS only.
package envelope

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Key of the map.
const Key = "plimsoll.dev/trigger"

// Trigger is what KEDA's scalers are made from.
type Trigger struct {
	Type       string `json:"type"`
	Name       string `json:"name,omitempty"`
	MetricType string `json:"metricType,omitempty"`
	// Metadata as in the trigger; Auth are the parameters from authenticationRef, Env the variables that the metadata names.
	Metadata map[string]string `json:"metadata,omitempty"`
	Auth     map[string]string `json:"auth,omitempty"`
	Env      map[string]string `json:"env,omitempty"`
}

// Seal puts a trigger into the map.
func Seal(t *Trigger) (map[string]string, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("writing the trigger: %w", err)
	}
	return map[string]string{Key: string(text)}, nil
}

// Open takes it out again. The error quotes nothing of it.
func Open(m map[string]string) (*Trigger, error) {
	t := &Trigger{}
	if json.Unmarshal([]byte(m[Key]), t) != nil || t.Type == "" {
		return nil, errors.New("the request holds no trigger under " + Key)
	}
	return t, nil
}
