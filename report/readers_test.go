package report

import (
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lcmsim/lcmsim/engine"
)

// statement is what every format of a document states alike.
type statement struct {
	word, sentence string // of the verdict
	exit           int
	counts         map[string]int // by label
	limits         []limitStatement
	lists          map[string][]listRow // by name
	totals         map[string]int       // rows of lists of which a format shows the first
}

// limitStatement is a limit as people read it.
type limitStatement struct {
	name, maximum, verdict string
	low, high, headroom    int
	guard                  bool // of which a terminal gives no numbers
}

// listRow is a row of a list: its texts by the titles of the columns. Numbers may have thousands separators.
type listRow map[string]string

// extent is how much of something a format states.
type extent uint8

const (
	nothing extent = iota
	some           // nothing else, and something if there is anything
	everything
)

// formatReaders read back what each format states, and say what it leaves out. They have every format of results: see
// TestEveryFormatIsReadBack.
var formatReaders = map[string]struct {
	read           func(t require.TestingT, d Renderable) statement
	counts, limits extent
	list           func(name string) extent
}{
	"WriteJSON":     {stateJSON, everything, everything, func(string) extent { return everything }},
	"WriteHTML":     {stateHTML, everything, everything, func(string) extent { return everything }},
	"WriteXLSX":     {stateXLSX, everything, everything, func(string) extent { return everything }},
	"WriteMarkdown": {stateMarkdown, everything, everything, func(string) extent { return everything }},
	// JUnit has cases: limits and guards, or strata, or rules. Who gains and loses what is no test case.
	"WriteJUnit": {stateJUnit, everything, everything, func(name string) extent {
		if name == "Strata" || name == "Rules" {
			return everything
		}
		return nothing
	}},
	// SARIF has findings, and no lists.
	"WriteSARIF": {stateSARIF, everything, everything, func(string) extent { return nothing }},
	// A summary on a terminal fits its screen. It tells of edits in sentences.
	"WriteTerminal": {stateTerminal, some, some, func(name string) extent {
		if name == "Edits" {
			return nothing
		}
		return some
	}},
}

// number reads a count with thousands separators.
func number(t require.TestingT, text string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(text), ",", ""))
	require.NoError(t, err)
	return n
}

// bounds reads "5", or "3 to 5".
func bounds(t require.TestingT, text string) (low, high int) {
	from, to, both := strings.Cut(text, " to ")
	if !both {
		to = from
	}
	return number(t, from), number(t, to)
}

// write writes a document by one of the exported functions.
func write(t require.TestingT, d Renderable, format func(io.Writer, Renderable) error) string {
	var out strings.Builder
	require.NoError(t, format(&out, d))
	return out.String()
}

// requireOneStatement holds all formats of a document to what its JSON says, and to its outcome.
func requireOneStatement(t require.TestingT, d Renderable, formats ...string) {
	want := stateJSON(t, d)
	exit, verdict := Outcome(d)
	require.Equal(t, exit.Code, want.exit)
	require.Equal(t, verdict.Word, want.word)
	for _, name := range formats {
		f := formatReaders[name]
		got := f.read(t, d)
		require.Equal(t, want.exit, got.exit, "%s: exit code", name)
		require.Equal(t, []string{want.word, want.sentence}, []string{got.word, got.sentence}, "%s: verdict", name)
		requireExtent(t, f.counts, countTexts(want.counts), countTexts(got.counts), name+": counts")
		requireLimits(t, f.limits, want.limits, got.limits, got.totals["Limits"], name)
		for _, l := range listsOf(d) {
			where, rows := name+": "+l.name, want.lists[l.name]
			if e := f.list(l.name); e != some {
				requireExtent(t, e, rowTexts(l, rows, nil), rowTexts(l, got.lists[l.name], nil), where)
				continue
			}
			rows = slices.DeleteFunc(slices.Clone(rows), func(row listRow) bool { return row["Part"] == conditionPart })
			requireFirstRows(t, l, rows, got.lists[l.name], where)
			require.Equal(t, len(rows), got.totals[l.name], "%s: how long the list is", where)
		}
	}
}

// listsOf are the lists that formats of a document state. Of strata of which nobody was asked none says how the answers came out.
func listsOf(d Renderable) []statedList {
	lists := slices.Clone(statedLists[d.header().Schema])
	if d, ok := d.(*CrosscheckDocument); ok && d.Planned {
		const asked = 4 // the columns before those of answers
		lists[0].columns = lists[0].columns[:asked]
	}
	return lists
}

// requireExtent holds what a format states to what the document says, in any order.
func requireExtent(t require.TestingT, e extent, want, got []string, where string) {
	switch e {
	case nothing:
		require.Empty(t, got, where)
	case some:
		require.Subset(t, want, got, where)
		require.Equal(t, len(want) == 0, len(got) == 0, where)
	case everything:
		require.ElementsMatch(t, want, got, where)
	}
}

func countTexts(counts map[string]int) []string {
	out := []string{}
	for label, n := range counts {
		out = append(out, label+": "+strconv.Itoa(n))
	}
	return out
}

func requireLimits(t require.TestingT, e extent, want, got []limitStatement, total int, name string) {
	texts := func(limits []limitStatement) []string {
		out := []string{}
		for _, l := range limits {
			text := l.name + ", " + l.verdict
			if e == everything || !l.guard {
				text += ", " + strings.Join([]string{strconv.Itoa(l.low), strconv.Itoa(l.high), l.maximum, strconv.Itoa(l.headroom)}, ", ")
			}
			out = append(out, text)
		}
		return out
	}
	requireExtent(t, e, texts(want), texts(got), name+": limits")
	if e == some {
		require.Equal(t, len(want), total, "%s: how many limits there are", name)
	}
}

// rowTexts are the rows of a list with those of its columns that a row of a format has; nil = all.
func rowTexts(l statedList, rows []listRow, has listRow) []string {
	out := []string{}
	for _, row := range rows {
		text := ""
		for _, c := range l.columns {
			if _, shown := has[c.title]; shown || has == nil {
				text += c.title + " " + withoutSeparators(row[c.title]) + "; "
			}
		}
		out = append(out, text)
	}
	return out
}

// withoutSeparators is a number without thousands separators, or the text.
func withoutSeparators(s string) string {
	if digits := strings.ReplaceAll(s, ",", ""); digits != "" && strings.Trim(strings.TrimPrefix(digits, "-"), "0123456789") == "" {
		return digits
	}
	return s
}

// requireFirstRows holds rows of which a format shows some columns to rows of the document, each to one of its own.
func requireFirstRows(t require.TestingT, l statedList, want, got []listRow, where string) {
	require.Equal(t, len(want) == 0, len(got) == 0, where)
	left := slices.Clone(want)
	for _, row := range got {
		text := rowTexts(l, []listRow{row}, row)[0]
		i := slices.IndexFunc(left, func(w listRow) bool {
			return text == rowTexts(l, []listRow{w}, row)[0] && strings.Contains(row[shownName], l.nameOf(w))
		})
		require.GreaterOrEqual(t, i, 0, "%s: %q with %s", where, row[shownName], text)
		left = slices.Delete(left, i, i+1)
	}
}

func TestEveryFormatIsReadBack(t *testing.T) {
	formats := []string{}
	for name, w := range exportedWriters(t) {
		if w.ofResults {
			formats = append(formats, name)
		}
	}
	require.ElementsMatch(t, formats, slices.Collect(maps.Keys(formatReaders)))
}

func TestFormatsStateTheSame(t *testing.T) {
	for name, d := range sampleDocuments() {
		t.Run(name, func(t *testing.T) { requireOneStatement(t, d, slices.Sorted(maps.Keys(formatReaders))...) })
	}
}

// anyName is a name of strangers as a whole: short enough that no format cuts it, without blanks around it, which Markdown drops.
func anyName() *rapid.Generator[string] {
	names := []string{"", "Joiner", "7", "1,000", "a  12  3"}
	for _, s := range shortHostile {
		if s = strings.TrimSpace(strings.ToValidUTF8(s, "\ufffd")); len(markdownText(s, 1<<20)) < maxMarkdownCell && len(Printable(s)) < 60 {
			names = append(names, s)
		}
	}
	return rapid.OneOf(rapid.SampledFrom(names), rapid.Map(rapid.StringN(0, 8, -1), strings.TrimSpace))
}

func TestFormatsStateTheSameOfAnything(t *testing.T) {
	formats := slices.Sorted(maps.Keys(formatReaders))
	quick := slices.DeleteFunc(slices.Clone(formats), func(f string) bool { return f == "WriteXLSX" })
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument(t)
		if rapid.IntRange(0, 3).Draw(t, "workbook") == 0 { // which takes most of the time
			requireOneStatement(t, d, formats...)
		} else {
			requireOneStatement(t, d, quick...)
		}
	})
}

// anyDocument is a document of any kind with any numbers and names.
func anyDocument(t *rapid.T) Renderable {
	draw := drawer{t, rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 5_000_000)), anyName()}
	switch rapid.SampledFrom([]string{SchemaSimulation, SchemaDiff, SchemaCrosscheck, SchemaCalibration}).Draw(t, "kind") {
	case SchemaSimulation:
		return draw.simulation()
	case SchemaDiff:
		return draw.diff()
	case SchemaCrosscheck:
		in := sampleCrosscheck(func(string) string { return draw.text("text") })
		random, targeted := engine.Tally{Agree: draw.few(), Disagree: draw.few(), Drifted: draw.few(), NotChecked: draw.few()}, engine.Tally{Agree: draw.few(), Disagree: draw.few()}
		if rapid.Bool().Draw(t, "of tallies") {
			in.Result = agreement(random, targeted, draw.count("frame"))
		}
		in.Result.Sample.Identities, in.Result.Sample.Classes, in.Result.Sample.Shared = draw.count("identities"), draw.count("classes"), draw.few()
		return NewCrosscheck(in)
	}
	in := sampleCalibration(func(string) string { return draw.text("text") })
	in.Result.Identities, in.Result.Frame = draw.count("identities"), draw.count("frame")
	in.Result.Hypotheses, in.Result.Consistent, in.Result.Rules[6].Unasked = draw.count("hypotheses"), draw.count("consistent"), draw.count("unasked")
	return NewCalibration(in)
}

// drawer draws parts of documents.
type drawer struct {
	*rapid.T
	counts *rapid.Generator[int]
	names  *rapid.Generator[string]
}

func (d drawer) count(what string) int   { return d.counts.Draw(d.T, what) }
func (d drawer) text(what string) string { return d.names.Draw(d.T, what) }
func (d drawer) few() int                { return rapid.IntRange(0, 4).Draw(d.T, "few") }

// sampleMeaning reads like the numbers of a limit.
const sampleMeaning = "meaning: of at most 5, headroom 7"

func (d drawer) limits() []engine.LimitResult {
	var out []engine.LimitResult
	for range d.few() + d.few() {
		l := engine.LimitResult{
			Scope: rapid.SampledFrom([]string{"policy", "cohort", "guard"}).Draw(d.T, "scope"), Kind: rapid.SampledFrom([]string{"count", "percent"}).Draw(d.T, "limit"),
			Name: d.text("limit"), Max: float64(d.count("max")), Basis: "changed",
			AffectedLow: d.count("low"), Population: d.count("population"), Enforced: rapid.SampledFrom([]string{"own", "information"}).Draw(d.T, "enforced"),
			Meaning: sampleMeaning, OneTime: "one time",
			Verdict: rapid.SampledFrom([]engine.Verdict{engine.VerdictOK, engine.VerdictAtLimit, engine.VerdictExceeded, engine.VerdictMaybe}).Draw(d.T, "verdict"),
		}
		l.AffectedHigh = l.AffectedLow + d.count("possible")
		l.Headroom = int(l.Max) - l.AffectedHigh
		out = append(out, l)
	}
	return out
}

func (d drawer) simulation() *Document {
	in := sampleInput()
	r := &engine.Result{Limits: d.limits(), Summary: engine.Summary{
		Identities: d.count("identities"), Matched: d.count("matched"), AffectedLow: d.count("low"), AffectedHigh: d.count("high"), Classes: d.count("classes"),
		PlannedActions: d.count("planned"), GrantedEntitlements: d.count("granted"), Unknown: d.count("unknown"), PossibleActions: d.count("possible"),
		Deactivated: d.count("deactivated"), MaybeDeactivated: d.count("perhaps deactivated"), Revokes: d.count("revokes"), PossibleRevokes: d.count("possible revokes"), MayRemoveOthers: d.count("others"),
		PossibleEntitlements: d.count("possible entitlements"),
	}}
	r.ClassesTotal, in.Population.Identities = r.Summary.Classes, r.Summary.Identities
	conditions := func() []engine.ConditionResult {
		var out []engine.ConditionResult
		for i := range d.few() {
			out = append(out, engine.ConditionResult{Index: i, Name: d.text("condition"), Expression: d.text("expression"), Matched: d.count("matched"), Unknown: d.count("unknown")})
		}
		return out
	}
	for i := range d.few() {
		r.Workflows = append(r.Workflows, engine.WorkflowResult{Index: i, Name: d.text("workflow"), Trigger: d.text("trigger"), Matched: d.count("matched"),
			Unknown: d.count("unknown"), Skipped: i == 2, State: "DISABLED", Conditions: conditions()})
		r.Actions = append(r.Actions, engine.ActionResult{Name: d.text("action"), Type: d.text("type"), Planned: d.count("planned"), Possible: d.count("possible"), Done: d.count("done"),
			Effect: rapid.SampledFrom([]engine.Effect{engine.EffectGrant, engine.EffectDeactivate, engine.EffectSync}).Draw(d.T, "effect"), Skipped: i == 3, Conditions: conditions()})
	}
	for i := range d.few() {
		p := engine.ProfileResult{ID: d.text("profile"), Name: known(d.text("name")), Direct: d.count("direct"), Inherited: d.count("inherited"), Possible: d.count("possible")}
		if i > 1 {
			p.State, p.Withheld = ptr("PAUSED"), ptr("state PAUSED")
		}
		e := engine.EntitlementResult{DatasourceID: d.text("datasource"), EntityType: d.text("type"), EntityID: d.text("id"), Granted: d.count("granted"), Possible: d.count("possible"),
			Revoked: d.count("revoked"), MaybeRevoked: d.count("maybe")}
		if rapid.Bool().Draw(d.T, "named") {
			e.Name = ptr("N" + d.text("name"))
		}
		r.AccessProfiles, r.Entitlements = append(r.AccessProfiles, p), append(r.Entitlements, e)
	}
	in.Result, in.Examples, in.Identities = r, nil, Identities{}
	if rapid.Bool().Draw(d.T, "without findings") {
		in.Findings = nil
	}
	return New(in)
}

func (d drawer) diff() *DiffDocument {
	in := sampleDiffInput()
	r := &engine.DiffResult{Baseline: engine.BaselineGrants, Limits: d.limits(), ClassesTotal: d.count("classes"), Summary: engine.DiffSummary{
		Identities: d.count("identities"), Changed: d.count("changed"), Maybe: d.count("maybe"), Unchanged: d.count("unchanged"), Gained: d.count("gained"), Lost: d.count("lost"),
		New: d.count("new"), RemovedFromSource: d.count("removed"), AffectedLow: d.count("low"), AffectedHigh: d.count("high"), Unknown: d.count("unknown"),
		AccessGained: d.count("access gained"), AccessLost: d.count("access lost"), MaybeDeactivated: d.count("perhaps deactivated"), MayRemoveOthers: d.count("others"),
		Deactivated: d.count("deactivated"), Revoked: d.count("revoked"), MaybeRevoked: d.count("maybe revoked"), EntitlementsGained: d.count("entitlements gained"),
		EntitlementsLost: d.count("entitlements lost"), EntitlementsMaybe: d.count("entitlements maybe"), ActionsGained: d.count("actions gained"),
		ActionsLost: d.count("actions lost"), ActionsMaybe: d.count("actions maybe"),
	}}
	if rapid.Bool().Draw(d.T, "held") {
		r.Summary.Holdings = &engine.Holdings{RealGrants: d.count("grants"), NoOps: d.count("held"), Revokes: d.count("revokes"), Drift: d.count("drift"), Maybe: d.count("undecided")}
	} else {
		r.Summary.Movers, r.Summary.Leavers = ptr(d.count("movers")), ptr(d.count("leavers"))
	}
	for range d.few() {
		r.Workflows = append(r.Workflows, engine.WorkflowChange{Name: d.text("workflow"), Gained: d.count("gained"), Lost: d.count("lost"), Maybe: d.count("maybe"),
			Unchanged: d.count("unchanged"), Changed: d.count("changed")})
		r.Actions = append(r.Actions, engine.ActionChange{Name: d.text("action"), Type: d.text("type"), Gained: d.count("gained"), Lost: d.count("lost"), Maybe: d.count("maybe"),
			Unchanged: d.count("unchanged"), Effect: rapid.SampledFrom([]engine.Effect{engine.EffectGrant, engine.EffectDeactivate}).Draw(d.T, "effect")})
	}
	for range d.few() {
		r.AccessProfiles = append(r.AccessProfiles, engine.ProfileChange{ID: d.text("profile"), Name: known(d.text("name")), Gained: d.count("gained"), Lost: d.count("lost"),
			Maybe: d.count("maybe"), Unchanged: d.count("unchanged")})
		e := engine.EntitlementChange{DatasourceID: d.text("datasource"), EntityType: d.text("type"), EntityID: d.text("id"), Gained: d.count("gained"), Lost: d.count("lost"),
			Maybe: d.count("maybe"), Unchanged: d.count("unchanged"), Revoked: d.count("revoked"), Carried: d.count("carried")}
		if rapid.Bool().Draw(d.T, "named") {
			e.Name = ptr("N" + d.text("name"))
		}
		r.Entitlements = append(r.Entitlements, e)
	}
	r.Attribution = engine.Attribution{Policy: d.count("by policy"), Attributed: true, EditsTotal: d.few()}
	for range r.Attribution.EditsTotal {
		r.Attribution.Edits = append(r.Attribution.Edits, engine.EditEffect{Edit: "E" + d.text("edit"), Path: d.text("path"), Kind: d.text("kind"), Before: d.text("before"),
			After: d.text("after"), Alone: d.count("alone"), Maybe: d.count("perhaps"), Without: d.count("without")})
	}
	in.Result, in.Examples, in.Identities = r, nil, DiffIdentities{}
	if rapid.Bool().Draw(d.T, "without findings") {
		in.Findings = nil
	}
	in.Settings.DetailedExitcode = rapid.Bool().Draw(d.T, "detailed")
	return NewDiff(in)
}
