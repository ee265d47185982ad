package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/lcmsim/lcmsim/"

// importTable says which packages of the module each package may import.
var importTable = map[string][]string{
	"scimeval":      {},
	"engine":        {"scimeval"},
	"loader":        {"engine", "scimeval"},
	"loader/tenant": {"loader", "engine", "scimeval"},
	// The stand-in for a tenant has an evaluator of its own: it takes nothing from the packages that it is compared with.
	"loader/tenant/standin":       {},
	"loader/tenant/standin/serve": {"loader/tenant/standin"},
	"report":                      {"engine"},
	"fixtures":                    {"scimeval"}, // whose values the generated people are made of
	"cmd/lcmsim":                  {"report", "loader", "loader/tenant", "engine", "scimeval", "fixtures"},
}

// onlyIn says which packages may use a package of others, or a name of one.
var onlyIn = map[string][]string{
	"github.com/spf13/cobra":                 {"cmd/lcmsim"},
	"github.com/spf13/pflag":                 {"cmd/lcmsim"},
	"github.com/vbauerster/mpb/v8":           {"cmd/lcmsim"},
	"golang.org/x/term":                      {"cmd/lcmsim"},
	"log/slog":                               {"cmd/lcmsim"},
	"log":                                    {},
	"os.Exit":                                {"cmd/lcmsim", "loader/tenant/standin/serve"},
	"time.Now":                               {"cmd/lcmsim", "loader/tenant/standin/serve"},
	"time.Since":                             {},
	"net/http":                               {"loader/tenant", "loader/tenant/standin", "loader/tenant/standin/serve"},
	"net":                                    {"loader/tenant", "loader/tenant/standin", "loader/tenant/standin/serve"},
	"os":                                     {"cmd/lcmsim", "loader", "loader/tenant", "loader/tenant/standin", "loader/tenant/standin/serve"},
	"io/fs":                                  {"loader", "loader/tenant/standin"},
	"path/filepath":                          {"cmd/lcmsim", "loader", "loader/tenant", "loader/tenant/standin"},
	"math/rand":                              {},
	"unsafe":                                 {},
	"github.com/scim2/filter-parser/v2":      {"scimeval"},
	"github.com/apache/arrow/go/v17/parquet": {"loader"},
	"github.com/xuri/excelize/v2":            {"report"},
	"github.com/jedib0t/go-pretty/v6":        {"report"},
	"go.yaml.in/yaml/v3":                     {"loader"},
}

// mustNotUse says what a package keeps away from: those named here do no I/O of their own, and engine knows no file format.
var mustNotUse = map[string][]string{
	"scimeval": {"os", "io/fs", "path/filepath", "net"},
	"engine":   {"os", "io/fs", "path/filepath", "net", "encoding/json", "encoding/csv"},
	"report":   {"os", "path/filepath", "net"},
}

// sourceFile is a Go file of the module that is no test.
type sourceFile struct {
	path, room string // from the root of the module, with slashes
	syntax     *ast.File
	imports    []string
}

func sourceFiles(t *testing.T, root string) []sourceFile {
	var files []sourceFile
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		syntax, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := sourceFile{path: filepath.ToSlash(rel), room: filepath.ToSlash(filepath.Dir(rel)), syntax: syntax}
		for _, spec := range syntax.Imports {
			text, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, text)
		}
		files = append(files, f)
		return nil
	})
	require.NoError(t, err)
	return files
}

// The rooms of ARCHITECTURE.md: who may import whom, and what each must not know.
func TestImportTable(t *testing.T) {
	files := sourceFiles(t, "../..")
	rooms := map[string]bool{}
	for _, f := range files {
		rooms[f.room] = true
		allowed, known := importTable[f.room]
		require.True(t, known, "%s: package %s is not in the import table", f.path, f.room)
		for _, path := range f.imports {
			if own, ok := strings.CutPrefix(path, module); ok {
				require.Contains(t, allowed, own, "%s imports %s", f.path, own)
			}
			for forbidden, where := range onlyIn {
				if path == forbidden || strings.HasPrefix(path, forbidden+"/") && strings.Contains(forbidden, ".") {
					require.Contains(t, where, f.room, "%s imports %s", f.path, path)
				}
			}
			require.NotContains(t, mustNotUse[f.room], path, "%s imports %s", f.path, path)
		}
		for name := range uses(f) {
			if where, limited := onlyIn[name]; limited {
				require.Contains(t, where, f.room, "%s uses %s", f.path, name)
			}
		}
	}
	for _, room := range []string{"scimeval", "engine", "loader", "report", "fixtures", "cmd/lcmsim"} {
		require.True(t, rooms[room], "the search for source files finds nothing in %s", room)
	}
}

// uses are the qualified names, such as os.Exit, that a file uses.
func uses(f sourceFile) map[string]bool {
	names := map[string]string{} // of packages
	for i, spec := range f.syntax.Imports {
		name := filepath.Base(f.imports[i])
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = f.imports[i]
	}
	used := map[string]bool{}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if name, ok := selector.X.(*ast.Ident); ok && names[name.Name] != "" {
				used[names[name.Name]+"."+selector.Sel.Name] = true
			}
		}
		return true
	})
	return used
}

// No package is a drawer for what has no name, and none registers itself.
func TestNoDrawersAndNoRegistries(t *testing.T) {
	for _, f := range sourceFiles(t, "../..") {
		for word := range strings.SplitSeq(f.room+"/"+f.syntax.Name.Name, "/") {
			require.NotContains(t, []string{"util", "utils", "common", "helper", "helpers", "manager", "service", "misc", "shared"}, word, f.path)
		}
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				require.NotEqual(t, "init", fn.Name.Name, "%s has an init function", f.path)
			}
		}
	}
}

// The table itself points one way.
func TestImportTableHasNoCycle(t *testing.T) {
	var visit func(room string, above []string)
	visit = func(room string, above []string) {
		require.NotContains(t, above, room)
		require.Contains(t, importTable, room)
		for _, next := range importTable[room] {
			visit(next, append(slices.Clone(above), room))
		}
	}
	for _, room := range slices.Sorted(maps.Keys(importTable)) {
		visit(room, nil)
	}
}
