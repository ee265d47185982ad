package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// emittedCodes are the codes of findings in the source, and the severities that are given with each in the same place.
// A code is the literal, or the constant, that a finding's Code is set to, or that is passed for a parameter of the
// name code. A code that is made up at run time is an error: nobody could look it up.
func emittedCodes(dirs ...string) (map[string][]string, error) {
	codes := map[string][]string{}
	add := func(code string, severities ...string) {
		codes[code] = append(codes[code], severities...)
	}
	for _, dir := range dirs {
		fset := token.NewFileSet()
		files, err := parseDir(fset, dir)
		if err != nil {
			return nil, err
		}
		passers := codePassers(files)
		for _, file := range files {
			// Constants of the filter language: errors, and notices, which are warnings.
			for name, value := range stringConstants(file) {
				switch {
				case strings.HasPrefix(name, "Code"):
					add(value, "error")
				case strings.HasPrefix(name, "Notice"):
					add(value, "warning")
				}
			}
			for _, decl := range file.Decls {
				closures := closurePassers(decl)
				var problem error
				ast.Inspect(decl, func(n ast.Node) bool {
					var code ast.Expr
					var severities []string
					switch n := n.(type) {
					case *ast.CompositeLit:
						fields := keyed(n)
						code, severities = fields["Code"], severityNames(fields["Severity"])
					case *ast.CallExpr:
						passer, ok := passers[calledName(n)]
						if name, plain := n.Fun.(*ast.Ident); plain && !ok {
							passer, ok = closures[name.Name]
						}
						if ok && passer.params == len(n.Args) {
							code, severities = n.Args[passer.code], severityNames(n.Args...)
						}
					}
					switch code := code.(type) {
					case nil:
					case *ast.BasicLit:
						text, err := strconv.Unquote(code.Value)
						if err != nil {
							problem = err
						}
						add(text, severities...)
					case *ast.Ident, *ast.SelectorExpr, *ast.CallExpr: // a parameter, or a constant that is listed where it is declared
					default:
						problem = fmt.Errorf("%s: the code is no literal and no name", fset.Position(code.Pos()))
					}
					return true
				})
				if problem != nil {
					return nil, problem
				}
			}
		}
	}
	for code := range codes {
		slices.Sort(codes[code])
		codes[code] = slices.Compact(codes[code])
	}
	return codes, nil
}

func parseDir(fset *token.FileSet, dir string) ([]*ast.File, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no Go files", dir)
	}
	return files, nil
}

// passer is a function with a parameter code: how many parameters it has, and which of them that is.
type passer struct{ params, code int }

// codePassers are the functions of a package with a parameter code. A method's name begins with a point.
func codePassers(files []*ast.File) map[string]passer {
	passers := map[string]passer{}
	for _, file := range files {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				name := f.Name.Name
				if f.Recv != nil {
					name = "." + name
				}
				notePasser(passers, name, f.Type)
			}
		}
	}
	return passers
}

// closurePassers are the closures of a function with a parameter code.
func closurePassers(decl ast.Decl) map[string]passer {
	passers := map[string]passer{}
	ast.Inspect(decl, func(n ast.Node) bool {
		assignment, ok := n.(*ast.AssignStmt)
		if !ok || len(assignment.Lhs) != len(assignment.Rhs) {
			return true
		}
		for i, right := range assignment.Rhs {
			name, named := assignment.Lhs[i].(*ast.Ident)
			if closure, ok := right.(*ast.FuncLit); ok && named {
				notePasser(passers, name.Name, closure.Type)
			}
		}
		return true
	})
	return passers
}

func notePasser(passers map[string]passer, name string, typ *ast.FuncType) {
	found := passer{code: -1}
	for _, field := range typ.Params.List {
		for _, param := range field.Names {
			if t, ok := field.Type.(*ast.Ident); ok && t.Name == "string" && param.Name == "code" {
				found.code = found.params
			}
			found.params++
		}
	}
	if found.code >= 0 {
		passers[name] = found
	}
}

func stringConstants(file *ast.File) map[string]string {
	constants := map[string]string{}
	for _, decl := range file.Decls {
		general, ok := decl.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			values := spec.(*ast.ValueSpec)
			for i, name := range values.Names {
				if i >= len(values.Values) {
					continue
				}
				if literal, ok := values.Values[i].(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil {
						constants[name.Name] = text
					}
				}
			}
		}
	}
	return constants
}

func keyed(n *ast.CompositeLit) map[string]ast.Expr {
	fields := map[string]ast.Expr{}
	for _, element := range n.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				fields[key.Name] = pair.Value
			}
		}
	}
	return fields
}

func calledName(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return "." + fun.Sel.Name
	}
	return ""
}

// severityNames are the severities among expressions such as engine.SeverityError.
func severityNames(list ...ast.Expr) []string {
	var names []string
	for _, e := range list {
		if selector, ok := e.(*ast.SelectorExpr); ok {
			e = selector.Sel
		}
		if name, ok := e.(*ast.Ident); ok && strings.HasPrefix(name.Name, "Severity") {
			if word := strings.ToLower(strings.TrimPrefix(name.Name, "Severity")); word != "" {
				names = append(names, word)
			}
		}
	}
	return names
}

// An entry of docs/findings.md is a heading with the code, then a line with the severities.
var findingEntry = regexp.MustCompile("(?m)^### `([^`]+)`\n\n\\*\\*([a-z, ]+)\\*\\* ")

func documentedCodes(t *testing.T) map[string][]string {
	text, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	entries := map[string][]string{}
	for _, m := range findingEntry.FindAllStringSubmatch(string(text), -1) {
		require.NotContains(t, entries, m[1], "documented twice")
		entries[m[1]] = strings.Split(m[2], ", ")
	}
	require.Equal(t, strings.Count(string(text), "\n### "), len(entries), "every heading of the third level is a code with its severity below")
	for i, section := range strings.Split(string(text), "\n### ")[1:] {
		require.Contains(t, section, "Mend:", "entry %d", i)
		require.Contains(t, section, "Example:", "entry %d", i)
	}
	return entries
}

func TestFindingsAreDocumented(t *testing.T) {
	emitted, err := emittedCodes("../../scimeval", "../../engine", "../../loader", ".")
	require.NoError(t, err)
	require.Greater(t, len(emitted), 30, "the search for codes finds too few")
	documented := documentedCodes(t)
	require.Equal(t, slices.Sorted(maps.Keys(emitted)), slices.Sorted(maps.Keys(documented)))
	for code, severities := range emitted {
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, code)
		require.Subset(t, documented[code], severities, code)
		require.Subset(t, []string{"error", "warning", "info"}, documented[code], code)
	}
}

// The scripts show every code from the command line, in the result or on stderr, at every severity that is documented.
func TestFindingsAreShown(t *testing.T) {
	shown := regexp.MustCompile(`(?m)^(?:finding |stderr '\^)(error|warning|info) ([a-z-]+)`)
	seen := map[string]bool{}
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
			seen[m[2]+" "+m[1]] = true
		}
	}
	for code, severities := range documentedCodes(t) {
		for _, severity := range severities {
			require.True(t, seen[code+" "+severity], "no script has `finding %s %s`, nor looks for it on stderr", severity, code)
		}
	}
}

// The search finds a code wherever one can stand.
func TestEmittedCodes(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte(`package a
const (
	CodeOne   = "one"
	NoticeTwo = "two"
)
func (s *source) warn(n *node, severity Severity, code, about string) {}
func f(list []Finding) {
	add := func(sev Severity, code string) {}
	add(SeverityWarning, "three")
	s.warn(n, engine.SeverityError, "four", "x")
	o.warn("a", "not a code")
	list = append(list, engine.Finding{Severity: engine.SeverityInfo, Code: "five"}, Finding{Code: n.Code})
	add(sev, "four")
	other.add(1, list[0])
}
func g() {
	add := func(n int, text string) {}
	add(1, "no code")
}
`), 0o644))
	codes, err := emittedCodes(dir)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"one": {"error"}, "two": {"warning"}, "three": {"warning"}, "four": {"error"}, "five": {"info"}}, codes)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\nvar x = Finding{Code: \"a\" + b}\n"), 0o644))
	_, err = emittedCodes(dir)
	require.ErrorContains(t, err, "a.go:2:23: the code is no literal and no name")
}
