package report

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/lcmsim/lcmsim/engine"
)

func TestGoldenDiff(t *testing.T) {
	d := NewDiff(sampleDiffInput())
	var js, plain, color bytes.Buffer
	require.NoError(t, WriteJSON(&js, d))
	require.NoError(t, WriteTerminal(&plain, d, TerminalOptions{}))
	require.NoError(t, WriteTerminal(&color, d, TerminalOptions{Width: 100, Color: true}))
	requireGolden(t, "diff.json", js.Bytes())
	requireGolden(t, "diff.txt", plain.Bytes())
	requireGolden(t, "diff.color.txt", color.Bytes())
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
	requireGolden(t, "diff.workbook.txt", []byte(dumpWorkbook(t, f)))
}

// bareDiff is a diff of which nearly nothing is known.
func bareDiff(kind engine.BaselineKind) DiffInput {
	return DiffInput{Rules: engine.DefaultRules("vendor"), Result: &engine.DiffResult{Baseline: kind}, Settings: Settings{FailOn: DefaultFailOn().Words()}}
}

func TestDiffJSONRoundTrip(t *testing.T) {
	for _, in := range []DiffInput{sampleDiffInput(), bareDiff(engine.BaselineGrants)} {
		d := NewDiff(in)
		var first, second bytes.Buffer
		require.NoError(t, WriteJSON(&first, d))
		read, err := ReadDiffJSON(bytes.NewReader(first.Bytes()))
		require.NoError(t, err)
		require.Equal(t, d, read)
		require.NoError(t, WriteJSON(&second, read))
		require.Equal(t, first.String(), second.String())

		var atOnce, saved bytes.Buffer
		require.NoError(t, WriteTerminal(&atOnce, d, TerminalOptions{}))
		require.NoError(t, WriteTerminal(&saved, read, TerminalOptions{}))
		require.Equal(t, atOnce.String(), saved.String())
	}
	var simulation bytes.Buffer
	require.NoError(t, WriteJSON(&simulation, New(sampleInput())))
	_, err := ReadDiffJSON(&simulation)
	require.EqualError(t, err, `result has schema "lcmsim.simulation/v1", not "lcmsim.diff/v1"; give a result of `+"`lcmsim diff`")
}

func TestNewDiffLeavesItsInputAlone(t *testing.T) {
	in, same := sampleDiffInput(), sampleDiffInput()
	NewDiff(in)
	require.Equal(t, same, in)
}

// The baselines none, grants and members have no earlier policy, and perhaps no earlier population.
func TestDiffWithoutAnEarlierSide(t *testing.T) {
	for kind, want := range map[engine.BaselineKind]string{
		engine.BaselineNone:    "If you publish and nothing has been applied yet, 312 to 316 of 5,016 identities change, 10 are new, 6 are removed from the source: in all +1,250 grants, -14 revokes, 160 no longer granted, 8 undecided, 12 deactivated, 4 unknown.",
		engine.BaselineGrants:  "If you publish, against what is held today, 312 to 316 of 5,016 identities change, 10 are new, 6 are removed from the source: in all +70 grants, -7 revokes, 8 undecided, 12 deactivated, 4 unknown.",
		engine.BaselineMembers: "If you publish, against the exported members of the access profiles, 312 to 316 of 5,016 identities change, 10 are new, 6 are removed from the source: in all +1,250 grants, -14 revokes, 160 no longer granted, 8 undecided, 12 deactivated, 4 unknown.",
	} {
		in := sampleDiffInput()
		in.Result.Baseline, in.From = kind, DiffSide{}
		if kind == engine.BaselineGrants {
			in.Result.Summary.Holdings = &engine.Holdings{RealGrants: 70, NoOps: 4000, Revokes: 7, Drift: 31, Maybe: 2}
		}
		d := NewDiff(in)
		require.Equal(t, want, d.Verdict.ForApprover)
		require.Equal(t, SideInputs{}, d.Inputs.From)
		require.NotNil(t, d.RunDigest, "nothing is no input without a digest")
		all := strings.Join(diffScreen(t, d), "\n")
		require.Contains(t, all, "\nFrom       no policy version\n")
		require.Contains(t, all, "policy none to 103a36bea417\n           population 103a36bea417\n")
		require.Equal(t, kind == engine.BaselineGrants, strings.Contains(all, "Held today +70 grants, 4,000 held already, -7 revokes, 31 drift, 2 maybe\n"))
		require.Equal(t, kind == engine.BaselineGrants, slices.Contains(d.LookFirst, "31 held entitlements are explained by no access profile and stay as they are"))
	}
}

func TestDiffRunDigest(t *testing.T) {
	digest := func(change func(*DiffInput)) *string {
		in := sampleDiffInput()
		change(&in)
		return NewDiff(in).RunDigest
	}
	same := digest(func(*DiffInput) {})
	require.NotNil(t, same)
	require.Equal(t, same, digest(func(in *DiffInput) { in.From.Population.Path, in.Other[0].Path = "elsewhere", "elsewhere" }), "places do not matter")
	for name, change := range map[string]func(*DiffInput){
		"baseline":   func(in *DiffInput) { in.Result.Baseline = engine.BaselinePolicy },
		"population": func(in *DiffInput) { in.From.Population.SHA256 = in.To.Population.SHA256 },
		"policy":     func(in *DiffInput) { in.From.Version = in.To.Version },
		"swapped":    func(in *DiffInput) { in.From, in.To = in.To, in.From },
	} {
		require.NotEqual(t, *same, *digest(change), name)
	}
	require.Nil(t, digest(func(in *DiffInput) { in.From.Population.SHA256 = nil }))
	require.Nil(t, digest(func(in *DiffInput) { in.From.Version = &engine.Version{} }))
	require.Nil(t, digest(func(in *DiffInput) { in.Other[1].SHA256 = nil }))
}

func TestDiffVerdict(t *testing.T) {
	for _, c := range []struct {
		summary  engine.DiffSummary
		word     string
		sentence string
	}{
		{engine.DiffSummary{Identities: 5000, Unchanged: 5000}, WordNoChange, "0 of 5,000 identities changed; 0 gain, 0 lose, 0 unknown"},
		{engine.DiffSummary{Identities: 1, Changed: 1, Gained: 1, AccessGained: 1}, WordChanges, "1 of 1 identity changed; 1 gain, 0 lose, 0 unknown"},
		{engine.DiffSummary{Identities: 9, Maybe: 1}, WordChanges, "0 of 9 identities changed, 1 maybe; 0 gain, 0 lose, 0 unknown"},
		{engine.DiffSummary{Identities: 9, New: 2, RemovedFromSource: 1, Gained: 2, AccessGained: 2, Deactivated: 3}, WordChanges,
			"0 of 9 identities changed, 2 new, 1 removed from the source; 2 gain, 0 lose, 3 deactivated, 0 unknown"},
		{engine.DiffSummary{Identities: 9, Changed: 7, Gained: 6, AccessGained: 2, Lost: 3, AccessLost: 4, Deactivated: 1, MaybeDeactivated: 2, MayRemoveOthers: 5}, WordChanges,
			"7 of 9 identities changed; 6 gain (2 of them access), 3 lose, 1 to 3 deactivated, 5 may lose others, 0 unknown"},
		{engine.DiffSummary{Identities: 9, Unknown: 2}, WordInconclusive, "0 of 9 identities changed; 0 gain, 0 lose, 2 unknown"},
	} {
		in := bareDiff(engine.BaselinePolicy)
		in.Result.Summary = c.summary
		v := NewDiff(in).Verdict
		require.Equal(t, c.word, v.Word)
		require.Equal(t, c.sentence, v.Sentence)
	}
	require.Equal(t, WordLimitExceeded, NewDiff(sampleDiffInput()).Verdict.Word)
	require.Equal(t, []tone{toneGood, tonePlain, toneDoubt, toneBad}, []tone{toneOf(WordNoChange), toneOf(WordChanges), toneOf(WordInconclusive), toneOf(WordLimitExceeded)})
}

// What signing means, in the words of the issue; what is unknown is not 0.
func TestDiffForApprover(t *testing.T) {
	for _, c := range []struct {
		baseline     engine.BaselineKind
		summary      engine.DiffSummary
		entitlements []engine.EntitlementChange
		want         string
	}{
		{engine.BaselinePolicy, engine.DiffSummary{Identities: 5000, Changed: 425, EntitlementsGained: 226, Deactivated: 193}, nil,
			"If you publish, 425 of 5,000 identities change: +226 grants, -0 revokes, 193 deactivated, 0 unknown."},
		{engine.BaselinePolicy, engine.DiffSummary{Identities: 9, Changed: 2, EntitlementsLost: 3, EntitlementsMaybe: 1, MaybeDeactivated: 1, Unknown: 1}, []engine.EntitlementChange{{Revoked: 1}, {Revoked: 2}},
			"If you publish, 2 of 9 identities change: +0 grants, -3 revokes, 3 no longer granted, 1 undecided, 0 to 1 deactivated, 1 unknown."},
		{engine.BaselinePolicy, engine.DiffSummary{Identities: 5000, Maybe: 3901, MayRemoveOthers: 3901}, nil,
			"If you publish, 0 to 3,901 of 5,000 identities change: +0 grants, revokes unknown for 3,901 identities, 0 deactivated, 0 unknown."},
		{engine.BaselinePopulation, engine.DiffSummary{Identities: 9, Changed: 2, New: 1, RemovedFromSource: 3, EntitlementsGained: 4}, nil,
			"With the later population under the same policy, 2 of 9 identities change, 1 is new, 3 are removed from the source: in all +4 grants, -0 revokes, 0 deactivated, 0 unknown."},
		{engine.BaselineGrants, engine.DiffSummary{Identities: 9, Changed: 2, EntitlementsGained: 4, EntitlementsLost: 1, Holdings: &engine.Holdings{RealGrants: 4, Revokes: 1}}, []engine.EntitlementChange{{Revoked: 1}},
			"If you publish, against what is held today, 2 of 9 identities change: +4 grants, -1 revokes, 0 deactivated, 0 unknown."},
	} {
		in := bareDiff(c.baseline)
		in.Result.Summary, in.Result.Entitlements = c.summary, c.entitlements
		require.Equal(t, c.want, NewDiff(in).Verdict.ForApprover)
	}
}

func TestBaselineText(t *testing.T) {
	in := bareDiff(engine.BaselinePolicy)
	text := func(change func(d *DiffDocument)) string {
		d := NewDiff(in)
		change(d)
		return baselineText(d)
	}
	require.Equal(t, "the same version of the policy, over the same population", text(func(d *DiffDocument) { d.Inputs.To = d.Inputs.From }))
	require.Equal(t, "the same version of the policy, over the same population", text(func(d *DiffDocument) {
		d.Inputs.From.Policy.ID = ptr("p")
		d.Inputs.To = d.Inputs.From
		d.Inputs.To.Policy.ID = ptr("p")
	}), "equal ids that were read apart")
	require.Equal(t, "the same version of the policy with other access profiles, over the same population", text(func(d *DiffDocument) {
		d.Inputs.To = d.Inputs.From
		d.Inputs.To.Profiles.SHA256 = ptr("other")
	}))
	require.Equal(t, "another text of the same version of the policy, over the same population", text(func(d *DiffDocument) {
		d.Inputs.To = d.Inputs.From
		d.Inputs.To.Policy.SHA256 = ptr("other")
	}))
	require.Equal(t, "another version of the policy, over the same population", text(func(d *DiffDocument) {
		d.Inputs.To = d.Inputs.From
		d.Inputs.To.Policy.Version = ptr(99)
	}))
}

func TestDecideDiff(t *testing.T) {
	given := func(text string) FailOn {
		f, err := ParseFailOn(text)
		require.NoError(t, err)
		return f
	}
	exceeded := []engine.LimitResult{{Scope: "policy", Kind: "count", Name: "n", Max: 1, Basis: "changed", AffectedLow: 4, AffectedHigh: 4, Headroom: -3,
		Verdict: engine.VerdictExceeded, Enforced: "blocks_all"}}
	failed := []engine.Finding{{Severity: engine.SeverityError, Code: "syntax", Count: 1}}
	for _, c := range []struct {
		name       string
		summary    engine.DiffSummary
		limits     []engine.LimitResult
		findings   []engine.Finding
		failOn     FailOn
		detailed   bool
		expectNone bool
		code       int
		reasons    []string
	}{
		{name: "nothing", failOn: DefaultFailOn(), reasons: []string{}},
		{name: "nothing, with both flags", failOn: DefaultFailOn(), detailed: true, expectNone: true, reasons: []string{}},
		{name: "changes", summary: engine.DiffSummary{Changed: 2}, failOn: DefaultFailOn(), reasons: []string{}},
		{name: "changes, detailed", summary: engine.DiffSummary{Changed: 2}, failOn: DefaultFailOn(), detailed: true, code: 2, reasons: []string{"2 of 10 identities changed"}},
		{name: "maybe, detailed", summary: engine.DiffSummary{Maybe: 2}, failOn: DefaultFailOn(), detailed: true, code: 2, reasons: []string{"0 of 10 identities changed, 2 maybe"}},
		{name: "new, detailed", summary: engine.DiffSummary{New: 2}, failOn: DefaultFailOn(), detailed: true, code: 2, reasons: []string{"0 of 10 identities changed, 2 new"}},
		{name: "removed, detailed", summary: engine.DiffSummary{RemovedFromSource: 2}, failOn: DefaultFailOn(), detailed: true, code: 2,
			reasons: []string{"0 of 10 identities changed, 2 removed from the source"}},
		{name: "none expected", summary: engine.DiffSummary{Changed: 2, Maybe: 1}, failOn: DefaultFailOn(), detailed: true, expectNone: true, code: 3,
			reasons: []string{"no changes were expected: 2 of 10 identities changed, 1 maybe"}},
		{name: "none expected, new", summary: engine.DiffSummary{New: 1}, failOn: given("none"), expectNone: true, code: 3,
			reasons: []string{"no changes were expected: 0 of 10 identities changed, 1 new"}},
		{name: "none expected, removed", summary: engine.DiffSummary{RemovedFromSource: 1}, failOn: DefaultFailOn(), expectNone: true, code: 3,
			reasons: []string{"no changes were expected: 0 of 10 identities changed, 1 removed from the source"}},
		{name: "none expected, maybe", summary: engine.DiffSummary{Maybe: 1}, failOn: DefaultFailOn(), detailed: true, expectNone: true, code: 5,
			reasons: []string{"no changes were expected: 1 identity perhaps changes"}},
		{name: "unknown", summary: engine.DiffSummary{Unknown: 3}, failOn: DefaultFailOn(), detailed: true, code: 5, reasons: []string{"3 identities depend on something unknown"}},
		{name: "maybe gates", summary: engine.DiffSummary{Maybe: 3}, failOn: given("maybe"), code: 3, reasons: []string{"3 identities perhaps change"}},
		{name: "a range gates", summary: engine.DiffSummary{AffectedLow: 1, AffectedHigh: 2}, failOn: given("maybe"), code: 3, reasons: []string{"1 identity is perhaps affected"}},
		{name: "limit", limits: exceeded, failOn: DefaultFailOn(), code: 3, reasons: []string{`limit "n" exceeded: 4 of at most 1`}},
		{name: "error", findings: failed, failOn: DefaultFailOn(), code: 5, reasons: []string{"1 error: syntax (1)"}},
		{name: "gate before inconclusive", summary: engine.DiffSummary{Changed: 1, Unknown: 1}, limits: exceeded, findings: failed, failOn: DefaultFailOn(), expectNone: true, code: 3,
			reasons: []string{"no changes were expected: 1 of 10 identities changed", `limit "n" exceeded: 4 of at most 1`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.summary.Identities = 10
			r := &engine.DiffResult{Summary: c.summary, Limits: c.limits}
			require.Equal(t, Exit{Code: c.code, Reasons: c.reasons}, DecideDiff(r, c.findings, c.failOn, c.detailed, c.expectNone))
		})
	}
}

// diffScreen renders d in lines.
func diffScreen(t *testing.T, d *DiffDocument) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteTerminal(&out, d, TerminalOptions{}))
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestDiffTerminalFitsAScreen(t *testing.T) {
	in := sampleDiffInput()
	for i := range 200 {
		in.Result.Workflows = append(in.Result.Workflows, engine.WorkflowChange{Name: "w", Lost: i, Changed: i})
		in.Result.Actions = append(in.Result.Actions, engine.ActionChange{Name: "a", Gained: i})
		in.Result.AccessProfiles = append(in.Result.AccessProfiles, engine.ProfileChange{ID: "p", Maybe: i})
		in.Result.Entitlements = append(in.Result.Entitlements, engine.EntitlementChange{EntityID: "e", Lost: i})
		in.Result.Attribution.Edits = append(in.Result.Attribution.Edits, engine.EditEffect{Edit: "edit", Alone: i})
	}
	in.Result.Attribution.EditsTotal = 300
	lines := diffScreen(t, NewDiff(in))
	require.LessOrEqual(t, height(lines, 80), screenLines)
	require.Equal(t, lines[0]+" (exit code 3)", lines[len(lines)-1])
	for _, line := range lines[1 : len(lines)-1] {
		require.LessOrEqual(t, text.StringWidthWithoutEscSequences(line), 80, line)
	}
	all := strings.Join(lines, "\n")
	for _, want := range []string{" of 202 shown)", " of 203 shown)", "EDITS (2 of 300 shown)", "COHORTS HIT (2)", "LIMIT EXCEEDED"} {
		require.Contains(t, all, want)
	}
	require.NotContains(t, all, "Contractors", "what does not change is not listed")
}

// Lists hold changes only, the greatest loss first.
func TestChangesOnly(t *testing.T) {
	got := changesOnly([]engine.EntitlementChange{
		{EntityID: "kept", Unchanged: 9}, {EntityID: "maybe", Maybe: 1}, {EntityID: "gained", Gained: 5}, {EntityID: "lost 2", Lost: 2},
		{EntityID: "lost 7", Lost: 7}, {EntityID: "revoked", Revoked: 1},
	}, entitlementChange)
	names := []string{}
	for _, e := range got {
		names = append(names, e.EntityID)
	}
	require.Equal(t, []string{"lost 7", "lost 2", "revoked", "gained", "maybe"}, names)
}

func TestShareText(t *testing.T) {
	for share, want := range map[float64]string{0: "0%", 1: "100%", 0.004: "0.4%", 0.5: "50%", 0.0001: "below 0.1%", 0.99999: "above 99.9%", 0.3333: "33.3%"} {
		require.Equal(t, want, shareText(share))
	}
}

func TestDiffIdentities(t *testing.T) {
	ids := DiffIdentities{Cap: 1}
	for i, status := range []engine.Status{engine.StatusUnchanged, engine.StatusRemoved, engine.StatusMaybe} {
		row := sampleDiffRow(i, status)
		ids.Add(&row, "name")
	}
	ids.Count(engine.StatusUnchanged)
	ids.Count(engine.StatusNew)
	require.True(t, ids.Full())
	require.Equal(t, 3, ids.Total)
	require.Equal(t, 1, ids.Listed)
	require.Equal(t, "W000001", ids.Rows[0].EntityID)
	require.Equal(t, "name", *ids.Rows[0].EntityName)
}

func TestDiffWorkbook(t *testing.T) {
	for _, in := range []DiffInput{sampleDiffInput(), bareDiff(engine.BaselineNone)} {
		d := NewDiff(in)
		f, workbook := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
		requireHarmless(t, workbook, d.Verdict.ForApprover)
		sheets := []string{"Workflows", "Actions", "Profiles", "Entitlements", "Cohorts", "Edits", "Identities", "Findings", "Rules", "Inputs"}
		if d.Summary.Changed > 0 {
			sheets = append([]string{"Decisions", "Charts"}, sheets...)
		}
		require.Equal(t, append([]string{"Summary"}, sheets...), f.GetSheetList())
		names := map[string]bool{}
		for _, sheet := range f.GetSheetList() {
			tables, err := f.GetTables(sheet)
			require.NoError(t, err)
			for _, table := range tables {
				require.False(t, names[table.Name], "table names are unique")
				names[table.Name] = true
			}
			panes, err := f.GetPanes(sheet)
			require.NoError(t, err)
			require.Equal(t, sheet != chartsSheet, panes.Freeze, sheet)
		}
		if d.Summary.Changed > 0 {
			require.Len(t, names, 12)
			continue
		}
		require.Len(t, names, 2, "rules and inputs; no table without rows")
		for sheet, want := range map[string]string{
			"Workflows": "No workflow changes for anybody.", "Cohorts": "No attribute value is over-represented among those who lose something, are deactivated or have something revoked.",
			"Edits": "The two sides have the same policy.", "Identities": "No identity changes.",
		} {
			got, err := f.GetCellValue(sheet, "A4")
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		verdict, err := f.GetCellValue("Summary", "A1")
		require.NoError(t, err)
		require.Equal(t, "NO CHANGES: 0 of 0 identities changed; 0 gain, 0 lose, 0 unknown", verdict)
	}
	require.ErrorIs(t, WriteXLSX(full{}, NewDiff(sampleDiffInput())), errFull)
	require.ErrorIs(t, WriteTerminal(full{}, NewDiff(sampleDiffInput()), TerminalOptions{}), errFull)
}

// Shares are numbers that a reader can sort by.
func TestDiffWorkbookHasNumbers(t *testing.T) {
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, NewDiff(sampleDiffInput())) })
	for cell, want := range map[string]string{"C4": "40", "E4": "1", "G4": "62.625"} {
		got, err := f.GetCellValue("Cohorts", cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// Without attribution nobody can tell what an edit changes.
func TestDiffWithoutAttribution(t *testing.T) {
	in := sampleDiffInput()
	in.Result.Baseline, in.Result.Attribution.Attributed = engine.BaselinePolicy, false
	for i := range in.Result.Attribution.Edits {
		in.Result.Attribution.Edits[i].Alone, in.Result.Attribution.Edits[i].Without = 0, 0
	}
	d := NewDiff(in)
	all := strings.Join(diffScreen(t, d), "\n")
	require.Contains(t, all, "ATTRIBUTION what each edit changes was not computed\n")
	require.Regexp(t, `workflow "Active employees": trigger changed +- +- +-\n`, all)
	require.NotContains(t, strings.Join(d.LookFirst, "\n"), "by this edit alone")
	f, _ := openWorkbook(t, func(b *bytes.Buffer) error { return WriteXLSX(b, d) })
	alone, err := f.GetCellValue("Edits", "D4")
	require.NoError(t, err)
	require.Empty(t, alone)
}
