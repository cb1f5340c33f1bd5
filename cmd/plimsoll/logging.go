package main

import (
	"strings"

	"github.com/go-logr/logr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	ctrlzap "sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// newLogger makes the log of the whole program.
func newLogger(c *config, options ...ctrlzap.Opts) logr.Logger {
	return ctrlzap.New(append([]ctrlzap.Opts{
		ctrlzap.Level(c.level), ctrlzap.UseDevMode(c.LogFormat == "text"), ctrlzap.StacktraceLevel(zapcore.DPanicLevel),
		ctrlzap.RawZapOpts(zap.WithCaller(false), zap.WrapCore(func(core zapcore.Core) zapcore.Core { return librarian{core} })),
	}, options...)...)
}

// The loggers of libraries whose levels are not ours.
const (
	runtimeLogger  = "controller-runtime" // a line for every probe while not ready, in which the checks are {}
	rotationLogger = "cert-rotation"      // a line for every look at the certificate; ours tells of each new one
)

// librarian gives the lines of libraries the level that they have here: what they do is V(1). cert-controller calls an error
// what it tries again at once, such as two replicas writing the Secret: a warning is enough. What lasts fails readiness.
type librarian struct{ zapcore.Core }

// With keeps the levels for loggers with values.
func (l librarian) With(fields []zapcore.Field) zapcore.Core { return librarian{l.Core.With(fields)} }

// Check decides on a line by its level here.
func (l librarian) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	entry.Level = levelHere(entry)
	return l.Core.Check(entry, checked)
}

func levelHere(entry zapcore.Entry) zapcore.Level {
	rotation := strings.HasPrefix(entry.LoggerName, rotationLogger)
	switch {
	case rotation && entry.Level == zapcore.ErrorLevel:
		return zapcore.WarnLevel
	case entry.Level == zapcore.InfoLevel && (rotation || strings.HasPrefix(entry.LoggerName, runtimeLogger)):
		return zapcore.DebugLevel
	}
	return entry.Level
}
