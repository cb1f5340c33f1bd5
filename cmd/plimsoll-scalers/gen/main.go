// Command gen takes from KEDA's module, at the version that go.mod pins, what is known of its trigger types: the facts of its
// published schema for policies/trigger/keda,
// and how it makes scalers for plimsoll-scalers. `make generate` runs it.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
)

//go:generate go run .

const (
	kedaModule = "github.com/kedacore/keda/v2"
	// Files, from this folder.
	tableFile   = "../../../policies/trigger/keda/zz_generated.table.go"
	builderFile = "../zz_generated.construct.go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	keda, err := locate()
	if err != nil {
		return err
	}
	types, err := readSchema(keda.Dir)
	if err != nil {
		return err
	}
	builders, err := readBuilders(keda.Dir)
	if err != nil {
		return err
	}
	if err := write(builderFile, constructors(keda.Version, builders)); err != nil {
		return err
	}
	return write(tableFile, table(keda.Version, types))
}

// module is a downloaded module.
type module struct{ Dir, Version string }

// locate finds KEDA's module, and downloads it where it is not there yet.
func locate() (module, error) {
	cmd := exec.Command("go", "mod", "download", "-json", kedaModule) //nolint:noctx // ends by itself
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return module{}, fmt.Errorf("downloading %s: %w", kedaModule, err)
	}
	var m module
	if err := json.Unmarshal(out, &m); err != nil {
		return module{}, fmt.Errorf("reading what go mod download says: %w", err)
	}
	return m, nil
}

// write formats source code and writes it.
func write(file string, source *bytes.Buffer) error {
	text, err := format.Source(source.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // source code
}
