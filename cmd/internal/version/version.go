// Package version says which build this is.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version and Commit are set by the linker (see the Makefile).
var (
	Version = "dev"
	Commit  = ""
)

// String is the version as it is printed, as in "v0.1.0 (3f2a9c1, go1.26.8, linux/amd64)".
func String() string {
	return fmt.Sprintf("%s (%s, %s, %s/%s)", Version, commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// UserAgent is how a program of Plimsoll introduces itself to the API server.
func UserAgent(program string) string {
	return fmt.Sprintf("%s/%s (%s/%s)", program, Version, runtime.GOOS, runtime.GOARCH)
}

// commit is the short commit: of the linker, else what the toolchain recorded.
func commit() string {
	c := Commit
	if info, ok := debug.ReadBuildInfo(); ok && c == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				c = s.Value
			}
		}
	}
	if c == "" {
		return "commit unknown"
	}
	return c[:min(7, len(c))]
}
