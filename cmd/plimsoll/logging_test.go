package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"
	ctrlzap "sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// TestLog: each line is JSON, and what a library tells does not drown what Plimsoll does.
func TestLog(t *testing.T) {
	t.Parallel()
	say := func(log logr.Logger, name string) {
		if name != "" {
			log = log.WithName(name).WithName("part").WithValues("key", "value")
		}
		log.Info("done")
		log.V(1).Info("why not")
		log.Error(errors.New("broken"), "failed")
	}
	for name, tc := range map[string]struct {
		logger string
		level  zapcore.Level
		want   []string
	}{
		"ours":                          {level: zapcore.InfoLevel, want: []string{"info done", "error failed"}},
		"ours, all":                     {level: zapcore.DebugLevel, want: []string{"info done", "debug why not", "error failed"}},
		"a part of ours":                {logger: "admission", level: zapcore.InfoLevel, want: []string{"info done", "error failed"}},
		"controller-runtime":            {logger: "controller-runtime", level: zapcore.InfoLevel, want: []string{"error failed"}},
		"controller-runtime, all":       {logger: "controller-runtime", level: zapcore.DebugLevel, want: []string{"debug done", "debug why not", "error failed"}},
		"rotation of certificates":      {logger: "cert-rotation", level: zapcore.InfoLevel, want: []string{"warn failed"}},
		"rotation of certificates, all": {logger: "cert-rotation", level: zapcore.DebugLevel, want: []string{"debug done", "debug why not", "warn failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := &bytes.Buffer{}
			say(newLogger(&config{level: tc.level, flags: flags{LogFormat: "json"}}, ctrlzap.WriteTo(out)), tc.logger)
			if diff := cmp.Diff(tc.want, lines(t, out)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// lines gives level and message of each line.
func lines(t *testing.T, out *bytes.Buffer) (all []string) {
	t.Helper()
	for decoder := json.NewDecoder(out); decoder.More(); {
		var line struct{ Level, Msg string }
		if err := decoder.Decode(&line); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		all = append(all, line.Level+" "+line.Msg)
	}
	return all
}
