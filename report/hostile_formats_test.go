package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/lcmsim/lcmsim/engine"
)

// hostileFormats write text s in every place that strangers fill, each by the exported function that it is named after, and hold what was
// written to text that acts nowhere.
var hostileFormats = map[string]func(t *testing.T, s string){
	"WriteJSON":     hostileJSONs,
	"WriteTerminal": ofEveryDocument(hostileTerminal),
	"WriteHTML":     ofEveryDocument(hostileHTML),
	"WriteXLSX":     hostileXLSX,
	"WriteMarkdown": ofEveryDocument(hostileMarkdown),
	"WriteJUnit":    ofEveryDocument(hostileJUnit),
	"WriteSARIF":    ofEveryDocument(hostileSARIF),

	"NewRowsWriter":     hostileRows,
	"NewDiffRowsWriter": hostileDiffRows,
	"NewRequestsWriter": hostileRequests,

	"WriteDecisionsJSON": func(t *testing.T, s string) {
		record := hostileDecisions(t, s)
		requireJSONText(t, func(w io.Writer) error { return WriteDecisionsJSON(w, record) }, s)
	},
	"WriteDecisionsTerminal": func(t *testing.T, s string) {
		record := hostileDecisions(t, s)
		requireTerminalText(t, func(w io.Writer, opt TerminalOptions) error { return WriteDecisionsTerminal(w, record, opt) })
	},
	"WriteVerificationJSON": func(t *testing.T, s string) {
		for _, v := range hostileVerifications(s) {
			requireJSONText(t, func(w io.Writer) error { return WriteVerificationJSON(w, v) }, "")
		}
	},
	"WriteVerificationTerminal": func(t *testing.T, s string) {
		for _, v := range hostileVerifications(s) {
			requireTerminalText(t, func(w io.Writer, opt TerminalOptions) error { return WriteVerificationTerminal(w, v, opt) })
		}
	},
	"WriteFilterJSON": func(t *testing.T, s string) {
		requireJSONText(t, func(w io.Writer) error { return WriteFilterJSON(w, hostileFilter(s)) }, s)
	},
	"WriteFilterTerminal": func(t *testing.T, s string) {
		requireTerminalText(t, func(w io.Writer, opt TerminalOptions) error { return WriteFilterTerminal(w, hostileFilter(s), opt) })
	},
	"WriteExplanationJSON": func(t *testing.T, s string) {
		requireJSONText(t, func(w io.Writer) error { return WriteExplanationJSON(w, hostileExplanation(s)) }, s)
	},
	"WriteExplanationTerminal": func(t *testing.T, s string) {
		requireTerminalText(t, func(w io.Writer, opt TerminalOptions) error {
			return WriteExplanationTerminal(w, hostileExplanation(s), opt)
		})
	},
	"WriteLines": func(t *testing.T, s string) {
		requireTerminalText(t, func(w io.Writer, _ TerminalOptions) error { return WriteLines(w, s, "before "+s) })
	},
	"WriteDryRunJSON": func(t *testing.T, s string) {
		requireJSONText(t, func(w io.Writer) error { return WriteDryRunJSON(w, NewDryRunAnswer(hostileExplanation(s))) }, s)
	},
}

// Whatever strangers write, nothing that lcmsim writes makes it act: all values in all formats of all documents.
func TestHostileTextActsNowhere(t *testing.T) {
	require.ElementsMatch(t, slices.Collect(maps.Keys(exportedWriters(t))), slices.Collect(maps.Keys(hostileFormats)), "every format is here")
	for _, name := range slices.Sorted(maps.Keys(hostileFormats)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, s := range hostile {
				if hostileFormats[name](t, s); t.Failed() {
					require.FailNow(t, "hostile text acts", "%d: %.80q", i, s)
				}
			}
		})
	}
}

// exportedWriter is a function of this package that writes to people or programs.
type exportedWriter struct{ ofResults bool }

// exportedWriters are those functions by name: the exported ones that take an io.Writer.
func exportedWriters(t *testing.T) map[string]exportedWriter {
	t.Helper()
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	out := map[string]exportedWriter{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() {
				continue
			}
			types := []string{}
			for _, p := range f.Type.Params.List {
				if s, ok := p.Type.(*ast.SelectorExpr); ok {
					types = append(types, fmt.Sprint(s.X)+"."+s.Sel.Name)
				}
				types = append(types, fmt.Sprint(p.Type))
			}
			if slices.Contains(types, "io.Writer") {
				out[f.Name.Name] = exportedWriter{ofResults: slices.Contains(types, "Renderable")}
			}
		}
	}
	return out
}

func ofEveryDocument(hold func(t *testing.T, d Renderable, s string)) func(t *testing.T, s string) {
	return func(t *testing.T, s string) {
		for _, d := range hostileDocuments(s) {
			hold(t, d, s)
		}
	}
}

// requirePlain holds text to lines of visible characters.
func requirePlain(t *testing.T, text string) {
	t.Helper()
	at := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && notPrint(r) })
	require.True(t, at < 0, "%q", text[max(at, 0):min(max(at, 0)+80, len(text))])
	require.True(t, utf8.ValidString(text))
}

// requireTerminalText holds a summary to text that a terminal shows and does not obey, with and without colours, on terminals of all widths.
func requireTerminalText(t *testing.T, write func(io.Writer, TerminalOptions) error) {
	t.Helper()
	for _, opt := range []TerminalOptions{{}, {Width: 60, Color: true}, {Width: 250, Color: true}} {
		var out bytes.Buffer
		require.NoError(t, write(&out, opt))
		text := out.String()
		require.NotRegexp(t, `(?m)^ *::|##[a-z]*\[`, text, "a command to the job in whose log it stands")
		require.Equal(t, strings.Count(text, "\x1b"), 2*strings.Count(text, styleReset), "every style ends")
		for _, style := range []string{styleBold, styleRed, styleYellow, styleGreen, styleReset} {
			if opt.Color {
				text = strings.ReplaceAll(text, style, "")
			}
		}
		requirePlain(t, text)
	}
}

// requireJSONText holds JSON to what a parser accepts, without control characters as they are, and with the exact text in it.
func requireJSONText(t *testing.T, write func(io.Writer) error, s string) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, write(&out))
	require.True(t, utf8.Valid(out.Bytes()))
	require.Equal(t, -1, bytes.IndexFunc(out.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' }))
	require.NotContains(t, out.String(), "\u2028", "which ends a line of JavaScript")
	var v any
	require.NoError(t, json.Unmarshal(out.Bytes(), &v))
	require.True(t, holdsText(v, string([]rune(s))), "JSON carries the exact text")
}

// holdsText tells whether a value of JSON has s as a text, or "" is asked for.
func holdsText(v any, s string) bool {
	holds := func(v any) bool { return holdsText(v, s) }
	switch v := v.(type) {
	case string:
		return v == s || s == ""
	case []any:
		return slices.ContainsFunc(v, holds)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), holds)
	}
	return s == ""
}

// hostileJSONs shortens what documents say in hundreds of places: JSON has no bound for a text.
func hostileJSONs(t *testing.T, s string) {
	short := prefix(s, 1000)
	for _, d := range hostileDocuments(s)[:2] {
		hostileJSON(t, d, s)
	}
	for _, d := range hostileDocuments(short)[2:] {
		hostileJSON(t, d, short)
	}
}

func hostileJSON(t *testing.T, d Renderable, s string) {
	requireJSONText(t, func(w io.Writer) error { return WriteJSON(w, d) }, s)
	read, err := Read([]byte(write(t, d, WriteJSON)))
	require.NoError(t, err)
	require.Equal(t, d.header().Exit, read.header().Exit)
}

func hostileTerminal(t *testing.T, d Renderable, _ string) {
	requireTerminalText(t, func(w io.Writer, opt TerminalOptions) error { return WriteTerminal(w, d, opt) })
}

// hostileHTML holds a page to elements and attributes that neither load, nor run, nor lead elsewhere, whatever is in it.
func hostileHTML(t *testing.T, d Renderable, _ string) {
	page := write(t, d, WriteHTML)
	requirePlain(t, page)
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	requireSealed(t, root)
	for n := range root.Descendants() {
		requirePrintableNode(t, n)
	}
}

// requireSealed looks for elements and attributes that only text of strangers could have brought.
func requireSealed(t *testing.T, root *html.Node) {
	t.Helper()
	scripts := 0
	for _, n := range elements(root) {
		require.NotContains(t, []string{"iframe", "object", "embed", "form", "base", "img", "audio", "video", "source", "foreignobject", "textarea"}, n.Data)
		if kind, _ := attribute(n, "type"); n.Data == "script" && kind != "application/json" {
			scripts++
		}
		for _, a := range n.Attr {
			require.False(t, strings.HasPrefix(a.Key, "on"), "a handler %s", a.Key)
			require.NotContains(t, []string{"style", "src", "srcset", "action", "ping", "background", "autofocus"}, a.Key)
			if a.Key == "href" && n.Data != "link" {
				require.Regexp(t, `^#[a-z0-9-]+$`, a.Val)
			}
		}
	}
	require.Equal(t, 1, scripts, "the script of the page and no other")
}

// hostileXLSX holds workbooks to cells that are numbers and text, and parts without links or instructions. A workbook takes long to
// write: short texts share one of each kind, in cells of their own, which is written for the first of them.
func hostileXLSX(t *testing.T, s string) {
	switch slices.Index(shortHostile, s) {
	case -1:
		for _, d := range hostileDocuments(s) {
			requireHarmless(t, []byte(write(t, d, WriteXLSX)), s)
		}
	case 0:
		every := slices.DeleteFunc(slices.Clone(shortHostile), func(s string) bool { return !utf8.ValidString(s) })
		requireHarmless(t, []byte(write(t, New(manyHostileSimulation()), WriteXLSX)), every...)
		requireHarmless(t, []byte(write(t, NewDiff(manyHostileDiff()), WriteXLSX)), every...)
		for first := range shortHostile {
			if first%20 > 0 { // each document has room for more than 20 texts
				continue
			}
			next := first
			text := func(string) string { next++; return shortHostile[next%len(shortHostile)] }
			requireHarmless(t, []byte(write(t, NewCrosscheck(sampleCrosscheck(text)), WriteXLSX)))
			requireHarmless(t, []byte(write(t, NewCalibration(sampleCalibration(text)), WriteXLSX)))
		}
	}
}

// manyHostileSimulation has all short texts, each in rows of its own.
func manyHostileSimulation() Input {
	in := hostileInput(shortHostile[0])
	in.Identities.Cap = len(shortHostile)
	r := in.Result
	for _, s := range shortHostile[1:] {
		one := hostileInput(s)
		r.Workflows, r.Actions = append(r.Workflows, one.Result.Workflows...), append(r.Actions, one.Result.Actions...)
		r.AccessProfiles, r.Entitlements = append(r.AccessProfiles, one.Result.AccessProfiles...), append(r.Entitlements, one.Result.Entitlements...)
		r.Limits, r.Sensitivity = append(r.Limits, one.Result.Limits...), append(r.Sensitivity, one.Result.Sensitivity...)
		in.Other, in.Findings = append(in.Other, one.Other...), append(in.Findings, one.Findings...)
		row := engine.Row{EntityID: s, Affected: "yes", WorkflowsMatched: []string{s}}
		in.Identities.Add(&row, s)
	}
	return in
}

// manyHostileDiff is likewise.
func manyHostileDiff() DiffInput {
	in := hostileDiffInput(shortHostile[0])
	in.Identities.Cap = len(shortHostile)
	r := in.Result
	for _, s := range shortHostile[1:] {
		one := hostileDiffInput(s)
		r.Workflows, r.Actions = append(r.Workflows, one.Result.Workflows...), append(r.Actions, one.Result.Actions...)
		r.AccessProfiles, r.Entitlements = append(r.AccessProfiles, one.Result.AccessProfiles...), append(r.Entitlements, one.Result.Entitlements...)
		r.Attribution.Edits, r.Limits = append(r.Attribution.Edits, one.Result.Attribution.Edits...), append(r.Limits, one.Result.Limits...)
		r.Cohorts, in.Findings = append(r.Cohorts, one.Result.Cohorts...), append(in.Findings, one.Findings...)
		row := hostileDiffRow(s)
		in.Identities.Add(&row, s)
	}
	return in
}

func hostileMarkdown(t *testing.T, d Renderable, _ string) {
	requireHarmlessMarkdown(t, write(t, d, WriteMarkdown))
}

func hostileJUnit(t *testing.T, d Renderable, _ string) {
	file, page := readJUnit(t, d)
	requirePlain(t, string(page))
	requireJUnitFollowsExit(t, d, file)
	for _, c := range file.Suites[0].Cases {
		requirePlain(t, c.Name+c.Class+c.body())
	}
}

func hostileSARIF(t *testing.T, d Renderable, _ string) {
	run, page := readSARIF(t, d)
	requirePlain(t, string(page))
	for _, r := range run.Results {
		uri, err := url.Parse(r.Locations[0].Physical.Artifact.URI)
		require.NoError(t, err)
		require.Contains(t, []string{"", "file"}, uri.Scheme)
		require.Empty(t, uri.Host)
		require.NotContains(t, r.Message.Text, "](", "a link")
	}
	for _, n := range run.Invocations[0].Notifications {
		require.NotContains(t, n.Message.Text, "](", "a link")
	}
}

func hostileRows(t *testing.T, s string) {
	row := engine.Row{EntityID: s, Affected: "no", WorkflowsMatched: []string{s, s}, Revokes: []string{s}, Entitlements: []string{s},
		Actions: []engine.ActionStatus{{Workflow: s, Name: s, Type: s, Status: "planned"}}}
	requireHarmlessRows(t, s, func(out io.Writer, format RowsFormat) error {
		w := NewRowsWriter(out, format)
		return errors.Join(w.WriteRow(&row), w.WriteRow(&row), w.Flush())
	})
}

func hostileDiffRows(t *testing.T, s string) {
	row := hostileDiffRow(s)
	requireHarmlessRows(t, s, func(out io.Writer, format RowsFormat) error {
		w := NewDiffRowsWriter(out, format)
		return errors.Join(w.WriteRow(&row), w.Write(s, w.Tail(&row)), w.Flush())
	})
}

// requireHarmlessRows holds two rows to one line each, of JSON with the exact text, and of cells that begin no formula.
func requireHarmlessRows(t *testing.T, s string, write func(io.Writer, RowsFormat) error) {
	t.Helper()
	var lines, table bytes.Buffer
	require.NoError(t, write(&lines, RowsNDJSON))
	require.NoError(t, write(&table, RowsCSV))
	require.Equal(t, 2, strings.Count(lines.String(), "\n"), "one line an identity")
	for line := range bytes.Lines(lines.Bytes()) {
		requireJSONText(t, func(w io.Writer) error { _, err := w.Write(line); return err }, s)
	}
	records, err := csv.NewReader(&table).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 3)
	for _, record := range records[1:] {
		require.Len(t, record, len(records[0]))
		for _, cell := range record {
			require.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), "%.80q begins a formula", cell)
		}
	}
}

func hostileRequests(t *testing.T, s string) {
	f := newRequestFiles(s, map[[2]string]engine.Account{{s, s}: {EntityType: s, EntityID: s}})
	known := engine.Target{DatasourceID: s, EntityType: s, ID: s, IsEntityID: true}
	other := engine.Target{DatasourceID: "another", EntityType: s, ID: s, IsEntityID: true}
	require.NoError(t, errors.Join(f.Write(s, f.Prepare(engine.Access{Grant: []engine.Target{known, other}, Revoke: []engine.Target{known}})), f.Flush()))
	bodies, left := bytes.Count(f.plan.Bytes(), []byte("\n")), bytes.Count(f.leftOut.Bytes(), []byte("\n"))
	require.Equal(t, 3, bodies+left, "a line each")
	require.Equal(t, utf8.ValidString(s), bodies == 2, "a body is about what it names, or there is none")
	for line := range bytes.Lines(slices.Concat(f.plan.Bytes(), f.leftOut.Bytes())) {
		requireJSONText(t, func(w io.Writer) error { _, err := w.Write(line); return err }, s)
	}
}

// hostileDecisions is a record in which approvers and the policy say s.
func hostileDecisions(t *testing.T, s string) *DecisionsDocument {
	t.Helper()
	record := &DecisionsDocument{ToolVersion: s, Result: DecidedResult{Schema: s, RunDigest: s, AsOf: s, Verdict: s, ExitCode: 3, Policy: DecidedPolicy{ID: &s, Name: &s}}}
	for _, word := range []string{DecisionReject, DecisionQuestion, DecisionApprove} {
		record.Decisions = append(record.Decisions, Decision{Group: s, Kind: s, Name: s, Lost: 1, Decision: &word, Comment: &s, By: &s, Date: &s})
	}
	record.Decisions = append(record.Decisions, Decision{Group: s, Kind: s, Name: s})
	require.NoError(t, record.conclude())
	return record
}

func hostileFilter(s string) *FilterDocument {
	return NewFilterDocument(s, 1, []FilterResult{{Filter: s, IDs: []string{s}, Error: &FilterError{Kind: s, Message: s, Hint: &s, Caret: ptr(s + "\n ^")}}})
}

func hostileExplanation(s string) *ExplanationDocument {
	return NewExplanation(traced(func(string) string { return s }))
}

// hostileVerifications have every verdict, and s wherever something differs.
func hostileVerifications(s string) []*Verification {
	simulation, diff := New(hostileInput(s)), NewDiff(hostileDiffInput(s))
	otherSimulation, otherDiff := New(hostileInput(s+"!")), NewDiff(hostileDiffInput(s+"!"))
	return []*Verification{
		Verify(simulation, Rerun{Document: simulation, ToolVersion: simulation.ToolVersion}, false),
		Verify(diff, Rerun{Document: otherDiff, ToolVersion: diff.ToolVersion, Hints: []string{s}}, false),
		Verify(simulation, Rerun{Document: otherSimulation, ToolVersion: s + "?"}, false),
		Verify(simulation, Rerun{Impossible: s, ToolVersion: simulation.ToolVersion}, false),
	}
}
