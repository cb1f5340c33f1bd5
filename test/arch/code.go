package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Code is a loaded Go module: its packages parsed and type-checked, and all they depend on, by name.
type Code struct {
	Module   string // the module's path
	Root     string // its folder
	Fset     *token.FileSet
	Packages []*Package          // the module's own packages
	Broken   []error             // what does not compile; there the rules see what they can
	deps     map[string]*listing // every package in the build, own ones included, by import path
	gc       types.Importer
}

// Package is one package of the module. Tests are parsed and not type-checked: the rules on them are about syntax.
type Package struct {
	Path  string // the import path below the module: "policies/intent"; "." is the module's own package
	Files []*ast.File
	Tests []*ast.File
	Types *types.Package
	Info  *types.Info

	imports []string // direct imports of Files, full paths
}

// listing is what `go list` says about a package.
type listing struct {
	ImportPath, Dir, Name, Export      string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, Deps                      []string
	Module                             *struct {
		Path string
		Main bool
	}
	Error *struct{ Err string }
}

// Load lists, parses and type-checks the module in dir. It compiles what is not in the build cache.
func Load(dir string, env ...string) (*Code, error) {
	list, err := goList(dir, env)
	if err != nil {
		return nil, err
	}
	root, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	code := &Code{Root: root, Fset: token.NewFileSet(), deps: map[string]*listing{}}
	for _, l := range list {
		code.deps[l.ImportPath] = l
		if l.Error != nil {
			code.Broken = append(code.Broken, errors.New(l.Error.Err))
		}
	}
	code.gc = importer.ForCompiler(code.Fset, "gc", code.openExport)
	for _, l := range list {
		if l.Module == nil || !l.Module.Main {
			continue
		}
		code.Module = l.Module.Path
		pkg, err := code.load(l)
		if err != nil {
			return nil, fmt.Errorf("loading %s: %w", l.ImportPath, err)
		}
		code.Packages = append(code.Packages, pkg)
	}
	if len(code.Packages) == 0 {
		return nil, fmt.Errorf("no package in %s", dir)
	}
	return code, nil
}

func goList(dir string, env []string) ([]*listing, error) {
	cmd := exec.Command("go", "list", "-e", "-export", "-deps",
		"-json=ImportPath,Dir,Name,Export,GoFiles,TestGoFiles,XTestGoFiles,Imports,Deps,Module,Error", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go list in %s: %w\n%s", dir, err, stderr.String())
	}
	var list []*listing
	for decoder := json.NewDecoder(&stdout); ; {
		l := &listing{}
		if err := decoder.Decode(l); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading what go list printed: %w", err)
		}
		list = append(list, l)
	}
}

// openExport opens the compiler's export data of a package, for the importer.
func (c *Code) openExport(path string) (io.ReadCloser, error) {
	l, ok := c.deps[path]
	if !ok || l.Export == "" {
		return nil, fmt.Errorf("no export data of %s", path)
	}
	return os.Open(l.Export)
}

func (c *Code) load(l *listing) (*Package, error) {
	pkg := &Package{Path: c.short(l.ImportPath, l.Module.Path), imports: l.Imports}
	var err error
	if pkg.Files, err = c.parse(l.Dir, l.GoFiles); err != nil {
		return nil, err
	}
	if pkg.Tests, err = c.parse(l.Dir, append(l.TestGoFiles, l.XTestGoFiles...)); err != nil {
		return nil, err
	}
	pkg.Info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Uses:       map[*ast.Ident]types.Object{},
		Defs:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{
		Importer: c.gc,
		Error:    func(err error) { c.Broken = append(c.Broken, err) },
	}
	pkg.Types, _ = config.Check(l.ImportPath, c.Fset, pkg.Files, pkg.Info) // its error is the first of those
	pkg.Files = slices.DeleteFunc(pkg.Files, fromProtoc)
	return pkg, nil
}

func (c *Code) parse(dir string, names []string) ([]*ast.File, error) {
	var files []*ast.File
	for _, name := range names {
		file, err := parser.ParseFile(c.Fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (*Code) short(path, module string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

// own gives the path below the module, or false for a package of somebody else.
func (c *Code) own(importPath string) (string, bool) {
	if importPath != c.Module && !strings.HasPrefix(importPath, c.Module+"/") {
		return "", false
	}
	return c.short(importPath, c.Module), true
}

// under gives the packages in the folders named, and below them.
func (c *Code) under(folders ...string) []*Package {
	var found []*Package
	for _, pkg := range c.Packages {
		if pkg.in(folders...) {
			found = append(found, pkg)
		}
	}
	return found
}

// in says whether the package is one of those named, or below one.
func (p *Package) in(folders ...string) bool {
	for _, folder := range folders {
		if within(p.Path, folder) {
			return true
		}
	}
	return false
}

// within says whether path is parent, or below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

// importPos is where the package first imports path.
func (p *Package) importPos(path string) token.Pos {
	for _, file := range p.Files {
		for _, spec := range file.Imports {
			if importPath(spec) == path {
				return spec.Pos()
			}
		}
	}
	return token.NoPos
}

func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return path
}

// fromProtoc tells code that protoc's plugins write, which has a style of its own. Nobody reads it, and nobody can change it.
func fromProtoc(file *ast.File) bool {
	if !ast.IsGenerated(file) {
		return false
	}
	return slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool {
		return strings.Contains(c.Text(), "Code generated by protoc-gen-go")
	})
}
