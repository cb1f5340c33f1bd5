package credentials

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// fileAge is how long a file is believed. Reading it costs nobody anything but this process.
	fileAge = 5 * time.Second
	// maxFile bounds a file, in bytes. A Secret cannot be larger either.
	maxFile = 1 << 20
)

// fromFile gives all parameters from a file of the manager's, which replaces those before it.
func (a *authentication) fromFile() error {
	path := a.spec.FilePath
	switch {
	case path == "":
		return nil
	case !a.cluster:
		return mistake("filePath names a file of Plimsoll's own, so only a ClusterTriggerAuthentication may have it")
	case a.Files == "":
		return mistake("filePath: Plimsoll was not told of a folder with such files: start it with --auth-files=FOLDER")
	}
	text, err := readIn(a.Files, path)
	if err != nil {
		return mistake("filePath %q: %w", path, err)
	}
	parameters := map[string]string{}
	if err := json.Unmarshal(text, &parameters); err != nil {
		// the decoder's error quotes what it found
		return mistake("filePath %q is not a JSON object of texts", path)
	}
	a.parameters = parameters
	a.before(a.Clock.Now().Add(fileAge))
	return nil
}

// readIn reads a file in a folder, wherever its path tries to lead.
func readIn(folder, path string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("is larger than %d bytes", maxFile)
	}
	return text, err
}
