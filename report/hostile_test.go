package report

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// hostile are values that act somewhere when a writer lets them: the one table that every test of hostile text goes through.
// TestHostileHasEveryKind says what must be in it.
var hostile = slices.Concat(shortHostile, longHostile)

// shortHostile are those that fit a line.
var shortHostile = []string{
	// Formulas.
	`=HYPERLINK("http://evil.example","click")`,
	`=cmd|' /C calc'!A0`,
	"+1+1",
	"-2+3",
	"@SUM(1+1)",
	"\t=1+1",
	"\r=1+1",
	"\n=1+1",
	" =1+1",
	"'=1+1",
	"\uff1d1+1",
	"\ufeff=1+1",
	"a;=1+1;b",
	`","injected` + "\n" + `"=1+1`,
	"1E5", "007", "2026-11-01", "TRUE",

	// HTML, scripts, XML.
	`<script>alert(1)</script>`,
	`</script><script>alert(1)</script>`,
	`<!--<script>`,
	`<img src=x onerror=alert(1)>&amp;"'`,
	`"><svg onload=alert(1)>`,
	`' autofocus onfocus='alert(1)`,
	`javascript:alert(1)`,
	`</style></title></textarea><b>`,
	`{{.Style}} ${alert(1)} %s %n {0}`,
	`&#60;b&#62; &lt;b&gt; &copy; &#64;octocat`,
	`]]></t></is></c><c r="A1"><f>1+1</f></c>`,
	`<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;`,
	"_x0041_ and _x005F_x0041_",
	"&L&\"Arial\"&72header",

	// Text that is not what it looks like.
	"invoice\u202egpj.exe",
	"\u202aa\u202bb\u202cc\u202dd\u202e",
	"\u2066isolate\u2067 \u2068\u2069",
	"\u061c\u200e\u200fmarks",
	"zero\u200bwidth\u200c\u200d\ufeff",
	"\u2060\u2061\u2062\u2063\u2064\u00ad\u034f\u180e",
	"filler\u3164\uffa0\u115f\u2800",
	"a\ufe0f\U000e0100",
	"tag\U000e0041\U000e007f",
	"line\nbreak\u2028and\u2029more\x85",
	"no\u00a0plain\u3000blank",
	"\uffff\ufffe",
	"broken \xff\xc3 bytes",

	// What a terminal acts on.
	"\x1b[2J\x1b[31mred\x1b]8;;http://evil.example\x07",
	"\u009b31mcsi",
	"nul\x00bell\x07back\x08del\x7f",
	"\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f",
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f",
	"\u0080\u0081\u0084\u0085\u0088\u008d\u0090\u0098\u009b\u009c\u009d\u009e\u009f",
	"::error file=policies.json::command to a job",
	"word " + strings.Repeat("wide", 18) + " ::add-mask::EXCEEDED",
	"##[error]command ##vso[task.complete] ##teamcity[x]",

	// Markdown, and what GitHub makes of text.
	"| cell | `code` |", "a\\|b", "`a|b`", "*bold* _it_ ~~no~~", "[text](http://evil.example)", "![x](http://evil.example/x.png)",
	"<https://evil.example>", "https://evil.example www.evil.example WWW.evil.example", "@octocat @org/team a@b.example",
	"#1 owner/repo#2 GH-3 gh-4", ":tada: a:b:c", "$x$ $$y$$", "# title", "- item", "+ item", "= under", "1. item", "1) item", "12345. item", "> quote",
	"    code", "```", "~~~", "---", "***", "===", "[ ] task", "[^1]: note", "<details>", "</details>", "<!-- comment", "<br>", "\\", "\\\\", "``", "` `", "|",

	// Places.
	"../../etc/passwd", "//evil.example/x", `\\evil\share`, "%2e%2e/", "file:///etc/passwd",

	// Numbers, lists, JSON, YAML.
	"-0", "1e999", "null", "[]", `{"a":1}`, "a: b # c", "- &x *x", "!!binary x", "okta|Group|1",
}

// longHostile are longer than a cell of a spreadsheet may be, or just as long.
var longHostile = []string{
	strings.Repeat("x", cellLimit),
	"=" + strings.Repeat("1+", cellLimit/2) + "1",
	strings.Repeat("\U00010348", 17_000), // two units of UTF-16 each
	strings.Repeat("long ", 8_000),
	strings.Repeat("\u202e", 33_000),
	strings.Repeat("王", 33_000),
}

// Every kind of text that acts is in the table.
func TestHostileHasEveryKind(t *testing.T) {
	for kind, is := range map[string]func(s string) bool{
		"markup":           func(s string) bool { return strings.Contains(s, "<img ") },
		"script":           func(s string) bool { return strings.Contains(s, "<script>") },
		"script that ends": func(s string) bool { return strings.Contains(s, "</script>") },
		"attribute":        func(s string) bool { return strings.Contains(s, `">`) },
		"link":             func(s string) bool { return strings.Contains(s, "](") },
		"mention":          func(s string) bool { return strings.HasPrefix(s, "@") },
		"terminal":         func(s string) bool { return strings.Contains(s, "\x1b]") },
		"no UTF-8":         func(s string) bool { return !utf8.ValidString(s) },
		"long formula":     func(s string) bool { return s[0] == '=' && len(s) > cellLimit },
		"long cell":        func(s string) bool { return len(utf16.Encode([]rune(s))) > cellLimit },
		"full cell":        func(s string) bool { return len(utf16.Encode([]rune(s))) == cellLimit },
		"astral": func(s string) bool {
			return utf8.RuneCountInString(s) < cellLimit && len(utf16.Encode([]rune(s))) > cellLimit
		},
	} {
		require.True(t, slices.ContainsFunc(hostile, is), kind)
	}
	for _, start := range "=+-@\t\r\n \uff1d" {
		require.True(t, slices.ContainsFunc(hostile, func(s string) bool { return strings.HasPrefix(s, string(start)) }), "a value that begins with %q", start)
	}
	every := strings.Join(hostile, "")
	for r := range rune(0x20) {
		require.Contains(t, every, string(r), "control character %q", r)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.Is(unicode.Bidi_Control, r) {
			require.Contains(t, every, string(r), "change of direction %q", r)
		}
	}
	for _, r := range "\x7f\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u2028\u2029\u0085\u009b" {
		require.Contains(t, every, string(r), "%q", r)
	}
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
			AccessProfiles: []engine.ProfileResult{{ID: s, Name: &s, State: &s, Direct: 1, Withheld: &s}},
			Entitlements: []engine.EntitlementResult{{DatasourceID: s, EntityType: s, EntityID: s, Name: &s, AssignedToType: &s, AssignedToID: &s,
				Profiles: []string{s}}},
			Limits:      []engine.LimitResult{{Scope: "policy", Kind: "count", Name: s, Max: 1, Verdict: engine.VerdictExceeded, Basis: "changed", AffectedLow: 2, AffectedHigh: 2, Headroom: -1, Meaning: s}},
			Sensitivity: []engine.Sensitivity{{Rule: "filter.coerce", Alternative: s, Identities: 1, Limits: []string{s}}},
			Classes:     []engine.ClassResult{{Exemplar: s, Workflows: []string{s}}}, ClassesTotal: 1,
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
			AccessProfiles: []engine.ProfileChange{{ID: s, Name: &s, Lost: 1}},
			Entitlements:   []engine.EntitlementChange{{DatasourceID: s, EntityType: s, EntityID: s, Name: &s, Lost: 1, AssignedToType: &s, AssignedToID: &s}},
			Attribution:    engine.Attribution{EditsTotal: 1, Attributed: true, Edits: []engine.EditEffect{{Edit: s, Path: s, Kind: s, Before: s, After: s, Alone: 1}}},
			Limits: []engine.LimitResult{{Scope: "policy", Kind: "count", Name: s, Max: 1, Verdict: engine.VerdictExceeded, Basis: "changed", AffectedLow: 2, AffectedHigh: 2,
				Headroom: -1, Meaning: s, OneTime: s}},
			Cohorts: []engine.CohortLift{{Attribute: s, Value: s, Size: 1, Lost: 1, Share: 1, OverallShare: 1, Lift: 1}},
			Classes: []engine.ChangeClass{{Exemplar: s, Workflows: []engine.TaggedItem{{ID: s}}}}, ClassesTotal: 1,
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

// hostileDocuments are a document of each kind with s wherever text of strangers goes.
func hostileDocuments(s string) []Renderable {
	change := func(string) string { return s }
	sim, diff := hostileInput(s), hostileDiffInput(s)
	sim.Examples, diff.Examples = hostileExamples(s, "planned"), hostileExamples(s, string(engine.TagGone))
	note := &CrosscheckNote{Word: s, Claim: s, Tenant: &s, AsOf: s, RunDigest: &s, Caveats: []string{s, s}}
	node := func(kind string) engine.FlowNode { return engine.FlowNode{Kind: kind, ID: s} }
	from, to := node(engine.FlowWorkflow), node(engine.FlowAction)
	sim.Result.Flows, diff.Result.Flows = []engine.Flow{{From: from, To: to, Identities: 2}}, []engine.FlowChange{{From: from, To: to, Lost: 2}}
	item := []engine.TaggedItem{{ID: s, Tag: engine.TagGone}}
	sim.Result.Classes[0].Members, sim.Result.Classes[0].Entitlements = []string{s, s}, []string{s}
	diff.Result.Classes[0].Members, diff.Result.Classes[0].AccessProfiles, diff.Result.Classes[0].Entitlements = []string{s, s}, item, item
	simulation, changes := New(sim), NewDiff(diff)
	simulation.Crosscheck, changes.Crosscheck = note, note
	return []Renderable{simulation, changes, NewCrosscheck(sampleCrosscheck(change)), NewCalibration(sampleCalibration(change))}
}

func hostileExamples(s, status string) []Example {
	return []Example{{EntityID: s, EntityName: &s, Attributes: []engine.AttributeValue{{Name: s, Value: &s}},
		Actions: []ExampleAction{{Workflow: s, Name: s, Type: s, Status: status, Because: &s, NotNow: &s}, {Workflow: s, Name: s, Type: s, Status: s}}}}
}

// requireHarmless holds a workbook to well-formed parts without instructions to a reader, to cells that are numbers or visible text, and
// to one for each of the texts that says it as a cell shows it.
func requireHarmless(t *testing.T, workbook []byte, texts ...string) {
	t.Helper()
	said := map[string]bool{}
	for name, part := range parts(t, workbook) {
		cells := requireWellFormed(t, name, part)
		for _, cell := range cells {
			said[cell] = true
		}
		if !strings.HasPrefix(name, "xl/worksheets/") || strings.Contains(name, "/_rels/") {
			continue
		}
		for _, forbidden := range []string{"<f>", "<f ", "<hyperlink", `t="str"`, `t="b"`, `t="e"`} {
			require.NotContains(t, part, forbidden, "%s: a formula, a link or something other than text", name)
		}
		for _, cell := range cells {
			require.Equal(t, -1, strings.IndexFunc(cell, notPrint), "%s: %.80q", name, cell)
			require.LessOrEqual(t, len(utf16.Encode([]rune(unescaped(cell)))), cellLimit, name)
		}
	}
	for _, text := range texts {
		require.True(t, said[escapeEscapes(cellText(strings.ToValidUTF8(text, "\ufffd")))] || said[escapeEscapes(cellText(text))], "a cell says %.80q", text)
	}
}

func notPrint(r rune) bool { return !unicode.IsPrint(r) }

// requireWellFormed reads every token of an XML part, and gives the texts of cells.
func requireWellFormed(t *testing.T, name, text string) (texts []string) {
	t.Helper()
	if !slices.Contains([]string{".xml", "rels"}, name[len(name)-4:]) {
		return nil
	}
	inCell := false
	dec := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return texts
		}
		require.NoError(t, err, name)
		switch token := token.(type) {
		case xml.StartElement:
			inCell = token.Name.Local == "t" || token.Name.Local == "v"
		case xml.EndElement:
			inCell = false
		case xml.CharData:
			if inCell {
				texts = append(texts, string(token))
			}
		case xml.Directive:
			require.Fail(t, "a directive", "%s: %.80s", name, text)
		}
	}
}
