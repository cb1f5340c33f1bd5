package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// tagged finds the names of a parameter in the tag of a field: keda:"name=host;hosts, order=triggerMetadata".
var tagged = regexp.MustCompile(`keda:"name=([^,"]*;[^,"]*)`)

// readGroups finds the parameters with several names, as "host;hosts" for each pair of neighbours.
func readGroups(dir string) (map[string]bool, error) {
	groups := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path) //nolint:gosec // of the module cache
		if err != nil {
			return err
		}
		for _, match := range tagged.FindAllStringSubmatch(string(source), -1) {
			names := strings.Split(match[1], ";")
			for i := 1; i < len(names); i++ {
				groups[strings.TrimSpace(names[i-1])+";"+strings.TrimSpace(names[i])] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the names of parameters: %w", err)
	}
	if len(groups) == 0 {
		return nil, fmt.Errorf("no parameter in %s has several names: KEDA's tags are not what this program knows", dir)
	}
	return groups, nil
}
