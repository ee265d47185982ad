package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

// hostile are values that act somewhere when a writer lets them.
var hostile = []string{
	`=HYPERLINK("http://evil.example","click")`,
	`=cmd|' /C calc'!A0`,
	"+1+1",
	"-2+3",
	"@SUM(1+1)",
	"\t=1+1",
	"\r=1+1",
	"\n=1+1",
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>&amp;"'`,
	`]]></t></is></c><c r="A1"><f>1+1</f></c>`,
	"invoice\u202egpj.exe",
	"\u2066isolate\u2069",
	"zero\u200bwidth\u200c\u200d\ufeff",
	"\x1b[2J\x1b[31mred\x1b]8;;http://evil.example\x07",
	"\u009b31mcsi",
	"nul\x00bell\x07back\x08del\x7f",
	"line\nbreak\u2028and\u2029more\x85",
	"_x0041_ and _x005F_x0041_",
	"\uffff\ufffe",
	"broken \xff\xc3 bytes",
	"1E5", "007", "2026-11-01", "TRUE",
	`","injected` + "\n" + `"=1+1`,
	"a;=1+1;b",
	"&L&\"Arial\"&72header",
	strings.Repeat("long ", 8_000),
	strings.Repeat("\u202e", 40_000),
	strings.Repeat("王", 40_000),
}

// hostileInput has s wherever text of strangers goes.
func hostileInput(s string) Input {
	condition := []engine.ConditionResult{{Name: s, Expression: s, Matched: 1, Unknown: 1, Actions: []string{s, s}}}
	row := engine.Row{EntityID: s, Affected: "yes", WorkflowsMatched: []string{s, s}, AccessProfileIDs: []string{s},
		Actions: []engine.ActionStatus{{Workflow: s, Name: s, Type: s, Status: "planned"}}}
	ids := Identities{Cap: 10}
	ids.Add(&row, s)
	at := engine.Position{File: s, Line: 1, Path: s}
	return Input{
		ToolVersion: s, Rules: engine.DefaultRules("vendor"),
		Policy:     &engine.Policy{ID: s, Name: s, State: s},
		Version:    &engine.Version{Number: 1, State: s, SHA256: s},
		Catalog:    &engine.Catalog{SHA256: s},
		Population: PopulationInput{Path: s, Identities: 1, SHA256: &s},
		Other:      []OtherInput{{Kind: s, Path: s, SHA256: &s}},
		Result: &engine.Result{
			Workflows:      []engine.WorkflowResult{{Name: s, State: s, Trigger: s, Skipped: true, Conditions: condition}},
			Actions:        []engine.ActionResult{{Name: s, Type: s, Effect: engine.Effect(s), Conditions: condition}},
			AccessProfiles: []engine.ProfileResult{{ID: s, Name: s, State: &s, Direct: 1, Withheld: &s}},
			Entitlements: []engine.EntitlementResult{{DatasourceID: s, EntityType: s, EntityID: s, Name: &s, AssignedToType: &s, AssignedToID: &s,
				Profiles: []string{s}}},
			Limits:      []engine.LimitResult{{Scope: "policy", Kind: "count", Name: s, Max: 1, Verdict: engine.VerdictExceeded, Basis: "changed", AffectedHigh: 2, Headroom: -1, Meaning: s}},
			Sensitivity: []engine.Sensitivity{{Rule: "filter.coerce", Alternative: s, Identities: 1, Limits: []string{s}}},
			Classes:     []engine.ClassResult{{Exemplar: s, Workflows: []string{s}}},
		},
		Findings: []engine.Finding{
			{Severity: engine.SeverityError, Code: s, Position: at, Column: 3, Message: s, Hint: s, Count: 1, Caret: s + "\n   ^"},
			{Severity: engine.SeverityWarning, Code: s, Position: at, Column: 3, Message: s, Hint: s, Count: 1, Caret: "\n^"},
		},
		Identities: ids,
		Settings:   Settings{FailOn: DefaultFailOn().Words()},
	}
}

// hostileDiffInput has s wherever text of strangers goes.
func hostileDiffInput(s string) DiffInput {
	sim := hostileInput(s)
	row := hostileDiffRow(s)
	ids := DiffIdentities{Cap: 10}
	ids.Add(&row, s)
	return DiffInput{
		ToolVersion: s, Rules: sim.Rules,
		From:  DiffSide{Policy: &engine.Policy{ID: s + "?", Name: s}, Version: sim.Version, Population: &sim.Population},
		To:    DiffSide{Policy: sim.Policy, Version: sim.Version, Catalog: sim.Catalog, Population: &sim.Population},
		Other: sim.Other, Findings: sim.Findings, Identities: ids, Settings: Settings{FailOn: DefaultFailOn().Words()},
		Result: &engine.DiffResult{
			Baseline:       engine.BaselineKind(s),
			Workflows:      []engine.WorkflowChange{{Name: s, Lost: 1}},
			Actions:        []engine.ActionChange{{Name: s, Type: s, Effect: engine.Effect(s), Lost: 1}},
			AccessProfiles: []engine.ProfileChange{{ID: s, Name: s, Lost: 1}},
			Entitlements:   []engine.EntitlementChange{{DatasourceID: s, EntityType: s, EntityID: s, Name: &s, Lost: 1, AssignedToType: &s, AssignedToID: &s}},
			Attribution:    engine.Attribution{EditsTotal: 1, Attributed: true, Edits: []engine.EditEffect{{Edit: s, Path: s, Kind: s, Before: s, After: s, Alone: 1}}},
			Limits: []engine.LimitResult{{Scope: "policy", Kind: "count", Name: s, Max: 1, Verdict: engine.VerdictExceeded, Basis: "changed", AffectedHigh: 2,
				Headroom: -1, Meaning: s, OneTime: s}},
			Cohorts: []engine.CohortLift{{Attribute: s, Value: s, Size: 1, Lost: 1, Share: 1, OverallShare: 1, Lift: 1}},
			Classes: []engine.ChangeClass{{Exemplar: s, Workflows: []engine.TaggedItem{{ID: s}}}},
		},
	}
}

func hostileDiffRow(s string) engine.DiffRow {
	actions, items := []engine.ActionName{{Workflow: s, Name: s, Type: s}}, []string{s, s}
	return engine.DiffRow{
		EntityID: s, Status: engine.Status(s), Affected: s, ActionsGained: actions, ActionsLost: actions, ActionsMaybe: actions,
		ProfilesGained: items, ProfilesLost: items, ProfilesMaybe: items, EntitlementsGained: items, EntitlementsLost: items,
		EntitlementsMaybe: items, RevokesAdded: items, RevokesDropped: items,
	}
}

func TestHostileTextInJSON(t *testing.T) {
	for _, s := range hostile {
		d := New(hostileInput(s))
		var out bytes.Buffer
		require.NoError(t, WriteJSON(&out, d))
		require.True(t, json.Valid(out.Bytes()))
		read, err := ReadJSON(&out)
		require.NoError(t, err)
		require.Equal(t, string([]rune(s)), read.Workflows[0].Name, "JSON carries the exact text")

		out.Reset()
		require.NoError(t, WriteJSON(&out, NewDiff(hostileDiffInput(s))))
		diff, err := ReadDiffJSON(&out)
		require.NoError(t, err)
		require.Equal(t, string([]rune(s)), diff.Cohorts[0].Value, "JSON carries the exact text")
	}
}

func TestHostileTextOnTheTerminal(t *testing.T) {
	for _, s := range hostile {
		var out bytes.Buffer
		require.NoError(t, WriteTerminal(&out, New(hostileInput(s)), TerminalOptions{}))
		require.NoError(t, WriteFilterTerminal(&out, NewFilterDocument(s, 1, []FilterResult{
			{Filter: s, IDs: []string{s}, Error: &FilterError{Kind: s, Message: s, Hint: &s, Caret: ptr(s + "\n ^")}},
		}), TerminalOptions{}))
		require.NoError(t, WriteTerminal(&out, NewDiff(hostileDiffInput(s)), TerminalOptions{}))
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			require.Equal(t, -1, strings.IndexFunc(line, notPrint), "%q", line)
		}

		var color bytes.Buffer
		require.NoError(t, WriteTerminal(&color, New(hostileInput(s)), TerminalOptions{Color: true}))
		require.NoError(t, WriteTerminal(&color, NewDiff(hostileDiffInput(s)), TerminalOptions{Color: true}))
		plain := color.String()
		for _, style := range []string{styleBold, styleRed, styleYellow, styleGreen, styleReset} {
			plain = strings.ReplaceAll(plain, style, "")
		}
		require.NotContains(t, plain, "\x1b", "no escape sequence but our own")
		require.Equal(t, strings.Count(color.String(), "\x1b"), 2*strings.Count(color.String(), styleReset), "every style ends")
	}
}

func TestHostileTextInRows(t *testing.T) {
	for _, s := range hostile {
		row := engine.Row{EntityID: s, Affected: "no", WorkflowsMatched: []string{s, s}, Revokes: []string{s},
			Actions: []engine.ActionStatus{{Workflow: s, Name: s, Type: s, Status: "planned"}}}
		diffRow := hostileDiffRow(s)
		for _, write := range []func(io.Writer, RowsFormat){
			func(out io.Writer, format RowsFormat) {
				w := NewRowsWriter(out, format)
				require.NoError(t, w.WriteRow(&row))
				require.NoError(t, w.WriteRow(&row))
				require.NoError(t, w.Flush())
			},
			func(out io.Writer, format RowsFormat) {
				w := NewDiffRowsWriter(out, format)
				require.NoError(t, w.WriteRow(&diffRow))
				require.NoError(t, w.Write(s, w.Tail(&diffRow)))
				require.NoError(t, w.Flush())
			},
		} {
			var lines, table bytes.Buffer
			write(&lines, RowsNDJSON)
			write(&table, RowsCSV)
			require.Equal(t, 2, strings.Count(lines.String(), "\n"), "one line an identity")
			records, err := csv.NewReader(&table).ReadAll()
			require.NoError(t, err)
			require.Len(t, records, 3)
			for _, record := range records[1:] {
				require.Len(t, record, len(records[0]))
				for _, cell := range record {
					require.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), "%q begins a formula", cell)
				}
			}
		}
	}
}

func TestHostileTextInWorkbooks(t *testing.T) {
	for _, s := range hostile {
		f, workbook := writeWorkbook(t, New(hostileInput(s)))
		requireHarmless(t, f, workbook)
		requireCell(t, f, "Profiles", 0, s)
		diff, workbook := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, NewDiff(hostileDiffInput(s))) })
		requireHarmless(t, diff, workbook)
		requireCell(t, diff, "Cohorts", 1, s)
	}
}

// requireCell holds the first row of a list to the text s.
func requireCell(t *testing.T, f *excelize.File, sheet string, column int, s string) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	require.NoError(t, err)
	require.Equal(t, cellText(s), rows[tableRow][column], "the cell reads back as text")
}

// requireHarmless holds a workbook to well-formed parts, cells without formulas, and visible text.
func requireHarmless(t *testing.T, f *excelize.File, workbook []byte) {
	t.Helper()
	for name, text := range parts(t, workbook) {
		requireWellFormed(t, name, text)
		if !strings.HasPrefix(name, "xl/worksheets/") {
			continue
		}
		require.NotContains(t, text, "<f>", "no formula in %s", name)
		require.NotContains(t, text, "<hyperlink", "no link in %s", name)
		require.NotContains(t, text, `t="str"`, "no result of a formula in %s", name)
		require.NotContains(t, text, `t="b"`, "no boolean in %s", name)
	}
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		require.NoError(t, err)
		for _, row := range rows {
			for _, cell := range row {
				require.Equal(t, -1, strings.IndexFunc(cell, notPrint), "%s: %q", sheet, cell)
			}
		}
	}
}

func notPrint(r rune) bool { return !unicode.IsPrint(r) }

// requireWellFormed reads every token of an XML part.
func requireWellFormed(t *testing.T, name, text string) {
	t.Helper()
	if !slices.Contains([]string{".xml", "rels"}, name[len(name)-4:]) {
		return
	}
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		_, err := dec.Token()
		if err == io.EOF {
			return
		}
		require.NoError(t, err, name)
	}
}
