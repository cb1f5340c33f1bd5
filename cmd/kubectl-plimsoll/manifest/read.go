package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the name of standard input among files.
const Stdin = "-"

// Reader reads files by name.
type Reader struct {
	// Recursive reads the folders in folders too.
	Recursive bool
	// Stdin is what Stdin stands for.
	Stdin io.Reader
}

// Read reads files, the manifests in folders in the order of their names, and standard input.
func (r Reader) Read(names []string) ([]*File, error) {
	var files []*File
	for i, name := range names {
		if name == Stdin && slices.Contains(names[:i], Stdin) {
			return nil, errors.New("standard input (-) can be read once only")
		}
		found, err := r.read(name)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func (r Reader) read(name string) ([]*File, error) {
	if name == Stdin {
		text, err := io.ReadAll(r.Stdin)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return one(Parse("standard input", text))
	}
	if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") {
		return nil, fmt.Errorf("%s: URLs are not read, as this works offline; legal are files, folders and - for standard input", name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return r.readFolder(name)
	}
	return one(readFile(name))
}

func readFile(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

func one(file *File, err error) ([]*File, error) {
	if err != nil {
		return nil, err
	}
	return []*File{file}, nil
}

// readFolder reads what kubectl would read of a folder: names that end in .yaml, .yml or .json.
func (r Reader) readFolder(folder string) ([]*File, error) {
	var files []*File
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != folder && !r.Recursive:
			return filepath.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)):
			return nil
		}
		file, err := readFile(path)
		files = append(files, file)
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no file in this folder ends in .yaml, .yml or .json", folder)
	}
	return files, err
}
