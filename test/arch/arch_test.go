package arch

import (
	"errors"
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRepository wants no finding in this repository.
func TestRepository(t *testing.T) {
	noteFolders(t, "../..")
	code, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range code.Broken {
		t.Errorf("it does not compile: %v", err)
	}
	if len(code.under("policies")) == 0 {
		t.Fatal("the core was not loaded: the rules would have nothing to look at")
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			for _, finding := range rule.Check(code) {
				t.Errorf("%s\n\twhy it matters: %s", finding, rule.Why)
			}
		})
	}
}

// TestRulesFindViolations runs every rule on a module that breaks it, testdata/<rule>.txt, and wants findings on the lines
// that end in "// WANT" and on no others. The modules have what is allowed beside what is not.
func TestRulesFindViolations(t *testing.T) {
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			unpack(t, "testdata/stubs.txt", dir)
			unpack(t, filepath.Join("testdata", rule.Name+".txt"), dir)
			code, err := Load(dir, "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range code.Broken {
				t.Errorf("the module does not compile: %v", err)
			}
			want := wanted(code)
			if len(want) == 0 {
				t.Fatal("the module marks no violation")
			}
			if diff := cmp.Diff(want, places(rule.Check(code))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// noteFolders reads the folders that the rules are about. What `go list` reads is not known to `go test`, which would answer
// from its cache after a file was added; what this process reads is.
func noteFolders(t *testing.T, root string) {
	t.Helper()
	for _, folder := range []string{"policies", "webhook", "controller", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(_ string, _ fs.DirEntry, err error) error { return err })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// unpack writes the files of an archive: lines "-- path --" start a file, what comes before the first is a comment.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	data, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split("\n"+string(data), "\n-- ")[1:]
	if len(files) == 0 {
		t.Fatalf("%s holds no files", archive)
	}
	for _, file := range files {
		name, content, found := strings.Cut(file, " --\n")
		if !found {
			t.Fatalf("%s: %q starts no file", archive, file)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// wanted gives the places marked with a comment "// WANT".
func wanted(code *Code) []place {
	var findings []Finding
	for _, pkg := range code.Packages {
		for _, file := range slices.Concat(pkg.Files, pkg.Tests) {
			for _, comment := range slices.Concat(commentsOf(file)...) {
				if strings.HasPrefix(comment.Text, "// WANT") {
					findings = append(findings, code.finding(comment.Pos(), ""))
				}
			}
		}
	}
	return places(findings)
}

func commentsOf(file *ast.File) [][]*ast.Comment {
	var comments [][]*ast.Comment
	for _, group := range file.Comments {
		comments = append(comments, group.List)
	}
	return comments
}

type place struct {
	File string
	Line int
}

func places(findings []Finding) []place {
	var found []place
	for _, f := range findings {
		found = append(found, place{f.Pos.Filename, f.Pos.Line})
	}
	slices.SortFunc(found, func(a, b place) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return slices.Compact(found)
}
