package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lcmsim/lcmsim/engine"
)

// sampleExplanation has something in every list, and text in every place where strangers write.
func sampleExplanation(text func(string) string) ExplanationInput {
	t, p := text, func(s string) *string { s = text(s); return &s }
	dept := engine.AtomTruth{Atom: t(`department eq "Sales"`), Truth: "true", Attribute: p("department"), Value: ptr(`"Sales"`), Text: t("department is Sales")}
	level := engine.AtomTruth{Atom: t(`level ge 2`), Truth: "false", Attribute: p("level"), Value: ptr(`"7"`), Text: t(`level "7" is not at least 2`), Note: ptr("the value is of another type than the literal")}
	broken := engine.AtomTruth{Atom: t(`vip gt true`), Truth: "true", Text: t("`vip gt true`, which cannot be evaluated, is true")}
	sales := engine.Reason{Text: dept.Text, Atoms: []engine.AtomTruth{dept}, Assumed: []engine.AtomTruth{}, Irreducible: true}
	maybe := engine.Reason{Text: dept.Text + ", if " + broken.Text, Atoms: []engine.AtomTruth{dept}, Assumed: []engine.AtomTruth{broken}, Irreducible: true}
	not := engine.Reason{Text: level.Text, Atoms: []engine.AtomTruth{level}, Assumed: []engine.AtomTruth{}, Irreducible: true}
	everyone := engine.Reason{Text: "no attribute matters", Atoms: []engine.AtomTruth{}, Assumed: []engine.AtomTruth{}, Irreducible: true}
	path := func(names ...string) engine.ProfilePath {
		for i := range names {
			names[i] = t(names[i])
		}
		return engine.ProfilePath{IDs: names, Text: strings.Join(names, " -> ")}
	}
	index := 1
	groups := engine.Relation{DatasourceID: t("ad"), EntityType: t("Group"), EntityID: t("g1")}
	e := &engine.Explanation{
		EntityID: t("W000007"), Affected: "yes", Unknown: true,
		WorkflowsMatched: []string{t("Active")}, WorkflowsUnknown: []string{t("Vault")},
		Attributes: []engine.AttributeValue{{Name: t("department"), Value: ptr(`"Sales"`)}, {Name: "manager"}},
		Changes:    []engine.AttributeChange{{Attribute: t("department"), Value: ptr(`"Sales"`), Was: ptr(`"IT"`), Text: t("department were Sales (is IT)"), Note: p("note")}},
		Gains: []engine.Difference{{Kind: "action", Workflow: p("Active"), Name: t("Grant Sales"), Status: "certain"},
			{Kind: "profile", ID: p("ap-1"), Name: t("Sales"), Status: "certain"}, {Kind: "profile", ID: p("ap-3"), Name: t("Lake"), Status: "possible"},
			{Kind: "entitlement", ID: p("ad|Group|g1"), Name: t("Sellers"), Status: "certain"}, {Kind: "revoke", ID: p("ad|Group|kept"), Name: t("Keepers"), Status: "certain"}},
		Loses: []engine.Difference{{Kind: "revoke", ID: p("ad|Group|old"), Name: t("Old hands"), Status: "certain"}},
		Asked: []engine.Asked{},
		Actions: []engine.ActionReason{
			{Workflow: t("Active"), Name: t("Grant Sales"), Type: "MANAGE_RELATIONSHIPS", Effect: engine.EffectGrant, Status: "planned", Because: sales,
				AccessProfileIDs: []string{t("ap-1")}, Relationships: []engine.Relation{groups}, Removes: true},
			{Workflow: t("Vault"), WorkflowIndex: 1, Name: t("Open"), Type: "PAUSE", Effect: engine.EffectOpaque, Status: "possible", Because: maybe,
				AccessProfileIDs: []string{}, Relationships: []engine.Relation{}},
			{Workflow: t("Active"), Name: t("Welcome"), Type: "SEND_NOTIFICATION", Effect: engine.EffectOpaque, Status: "done", Because: everyone,
				AccessProfileIDs: []string{}, Relationships: []engine.Relation{}, Note: ptr("history says that it was done, and it runs once")},
		},
		AccessProfiles: []engine.ProfileReason{
			{ID: t("ap-1"), Name: p("Sales"), Status: "planned", Direct: true, Because: sales, Paths: []engine.ProfilePath{path("Sales")}},
			{ID: t("ap-2"), Name: p("CRM"), Status: "planned", Because: sales, Paths: []engine.ProfilePath{path("Sales", "CRM"), path("Sales", "Office", "CRM")}, MorePaths: true},
			{ID: t("ap-3"), Name: p("Lake"), Status: "possible", Because: maybe, Paths: []engine.ProfilePath{path("Lake")}, Withheld: p("its state is PAUSED, not RUNNING")},
			{ID: t("ap-4"), Status: "planned", Direct: true, Because: sales, Paths: []engine.ProfilePath{path("ap-4")}, Missing: true},
		},
		Entitlements: []engine.EntitlementReason{
			{Relation: groups, Name: p("Sellers"), Status: "granted", Sources: []engine.EntitlementSource{
				{ProfilePath: path("Sales"), Status: "granted", Because: sales}, {ProfilePath: path("Sales", "CRM"), Status: "possible", Because: everyone}}},
			{Relation: engine.Relation{DatasourceID: t("ad"), EntityType: t("Group"), EntityID: t("g2")}, Status: "possible", MoreSources: true,
				Sources: []engine.EntitlementSource{{ProfilePath: path("Lake"), Status: "possible", Because: maybe}}},
		},
		Revokes: []string{t("ad|Group|old")}, PossibleRevokes: []string{t("ad|Group|older")},
		Missed: []engine.MissedGroup{
			{Changes: []engine.AttributeChange{{Attribute: t("location"), Value: ptr(`"US"`), Text: t("location were US (is absent)"), Note: ptr("no identity has this attribute")}}, Text: t("location were US (is absent)"),
				Items: []engine.Missed{{Kind: "action", Workflow: p("Active"), WorkflowIndex: &index, Name: t("Grant US")}, {Kind: "profile", Name: t("US"), ID: p("ap-5")}, {Kind: "entitlement", Name: t("US staff"), ID: p("ad|Group|us")}}},
			{Changes: []engine.AttributeChange{}, Items: []engine.Missed{
				{Kind: "action", Workflow: p("Active"), WorkflowIndex: &index, Name: t("Grant Board"), Because: &not, Note: ptr("no change of up to 3 attributes was found that gives it")},
				{Kind: "action", Workflow: p("Old"), WorkflowIndex: &index, Name: t("Grant Old"), Note: ptr("the workflow is DISABLED")}}},
		},
		MissedTotal: 7, MissedListed: 5, MissedUnexamined: 1,
		Trace: []engine.TraceLine{},
	}
	id := text("5e3c1f0a")
	return ExplanationInput{
		ToolVersion: "1.2.3", AsOf: time.Date(2026, 9, 1, 6, 0, 0, 0, time.UTC), Rules: engine.DefaultRules("vendor"),
		Policy:      &engine.Policy{ID: t("p1"), Name: t("Workforce"), State: engine.StateRunning},
		Version:     &engine.Version{Number: 7, State: engine.StatePublished, SHA256: strings.Repeat("ab", 32)},
		Catalog:     &engine.Catalog{Given: true, Profiles: make([]engine.Profile, 4), SHA256: strings.Repeat("cd", 32)},
		Population:  PopulationInput{Path: "identities.jsonl", Identities: 5000},
		Other:       []OtherInput{{Kind: "schema", Path: "schema.yaml", SHA256: ptr(strings.Repeat("ef", 32))}},
		Identity:    ExplainedIdentity{ID: &id, EntityName: p("Ana Souza"), EntityType: p("WorkdayWorker"), Class: &index},
		Explanation: e,
		Findings: []engine.Finding{{Severity: engine.SeverityError, Code: "missing-profile", Position: engine.Position{File: t("policies.json"), Line: 12, Path: t("values[0]")},
			Column: engine.NoColumn, Message: t(`access profile "ap-4" is not in the export`), Hint: t("export it again"), Count: 1}},
	}
}

// askedSample is the sample limited to two names, without what-if.
func askedSample(text func(string) string) ExplanationInput {
	in := sampleExplanation(text)
	e := in.Explanation
	e.Asked = []engine.Asked{{Name: text("Grant Sales"), Gets: 1}, {Name: text("Grant Board"), Missed: 2}}
	e.Changes, e.Gains, e.Loses = []engine.AttributeChange{}, []engine.Difference{}, []engine.Difference{}
	e.Actions, e.AccessProfiles, e.Entitlements = e.Actions[:1], []engine.ProfileReason{}, []engine.EntitlementReason{}
	e.Revokes, e.PossibleRevokes = []string{}, []string{}
	e.Missed = e.Missed[1:]
	e.Missed[0].Items[1] = engine.Missed{Kind: "action", Name: text("Grant Board"), Note: ptr("no workflow leads to it")}
	e.MissedTotal, e.MissedListed, e.MissedUnexamined = 2, 2, 0
	return in
}

func same(s string) string { return s }

// traced is the sample with a trace.
func traced(text func(string) string) ExplanationInput {
	in := sampleExplanation(text)
	in.Explanation.Trace = []engine.TraceLine{
		{Kind: "workflow", Text: text("Active"), Truth: ptr("true")},
		{Depth: 1, Kind: "or", Text: "or", Truth: ptr("true")},
		{Depth: 2, Kind: "atom", Text: text(`department eq "Sales"`), Truth: ptr("true"), Value: ptr(`"Sales"`)},
		{Depth: 1, Kind: "action", Text: text("Grant Sales (MANAGE_RELATIONSHIPS)"), Note: ptr("skipped: the action is DISABLED")},
	}
	return in
}

func TestGoldenExplanation(t *testing.T) {
	var js, plain, color, tree, asked, dry bytes.Buffer
	d := NewExplanation(sampleExplanation(same))
	require.NoError(t, WriteExplanationJSON(&js, d))
	require.NoError(t, WriteExplanationTerminal(&plain, d, TerminalOptions{}))
	require.NoError(t, WriteExplanationTerminal(&color, d, TerminalOptions{Width: 100, Color: true}))
	require.NoError(t, WriteExplanationTerminal(&tree, NewExplanation(traced(same)), TerminalOptions{}))
	require.NoError(t, WriteExplanationTerminal(&asked, NewExplanation(askedSample(same)), TerminalOptions{}))
	require.NoError(t, WriteDryRunJSON(&dry, NewDryRunAnswer(d)))
	requireGolden(t, "explanation.asked.txt", asked.Bytes())
	requireGolden(t, "explanation.json", js.Bytes())
	requireGolden(t, "explanation.txt", plain.Bytes())
	requireGolden(t, "explanation.color.txt", color.Bytes())
	requireGolden(t, "explanation.trace.txt", tree.Bytes())
	requireGolden(t, "explanation.dryrun.json", dry.Bytes())
}

func TestExplanationSchema(t *testing.T) {
	schema := compileSchema(t, "explanation.v1.schema.json")
	in := traced(same)
	in.Explanation.Asked = []engine.Asked{{Name: "US", Missed: 1}}
	document := tree(t, NewExplanation(in))
	require.NoError(t, schema.Validate(document))
	withoutEachField(document, "", func(path string) {
		require.Error(t, schema.Validate(document), "the schema accepts a document without %s", path)
	})
	requireSameFields(t, schema, reflect.TypeFor[ExplanationDocument](), "")
}

func TestExplanationExit(t *testing.T) {
	for _, tc := range []struct {
		name    string
		unknown bool
		finding engine.Severity
		want    Exit
		word    string
	}{
		{"nothing wrong", false, engine.SeverityWarning, Exit{ExitOK, []string{}}, WordOK},
		{"an error", false, engine.SeverityError, Exit{ExitInconclusive, []string{"1 error: missing-profile (1)"}}, WordInconclusive},
		{"something unknown", true, engine.SeverityInfo, Exit{ExitInconclusive, []string{"something unknown reaches the identity"}}, WordInconclusive},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := sampleExplanation(same)
			in.Explanation.Unknown, in.Findings[0].Severity = tc.unknown, tc.finding
			d := NewExplanation(in)
			require.Equal(t, tc.want, d.Exit)
			require.Equal(t, tc.word, d.Verdict.Word)
		})
	}
	in := sampleExplanation(same)
	in.Findings, in.Explanation.Unknown, in.Explanation.Affected = nil, false, "no"
	require.Equal(t, WordOK, NewExplanation(in).Verdict.Word, "it loses something")
	in.Explanation.Gains, in.Explanation.Loses = nil, nil
	require.Equal(t, WordNotAffected, NewExplanation(in).Verdict.Word)
}

// Text of strangers acts nowhere on a terminal; JSON carries it.
func TestHostileExplanation(t *testing.T) {
	for _, s := range hostile {
		in := traced(func(string) string { return s })
		d := NewExplanation(in)
		in.Explanation.Trace = nil
		for _, d := range []*ExplanationDocument{d, NewExplanation(in), NewExplanation(askedSample(func(string) string { return s }))} {
			var out, js bytes.Buffer
			require.NoError(t, WriteExplanationTerminal(&out, d, TerminalOptions{}))
			for line := range strings.Lines(out.String()) {
				line = strings.TrimSuffix(line, "\n")
				require.Equal(t, line, Printable(line))
			}
			require.NoError(t, WriteExplanationJSON(&js, d))
			require.True(t, json.Valid(js.Bytes()))
			js.Reset()
			require.NoError(t, WriteDryRunJSON(&js, NewDryRunAnswer(d)))
			require.True(t, json.Valid(js.Bytes()))
		}
	}
}

func TestExplanationVerdict(t *testing.T) {
	set := func(attribute, value string) engine.AttributeChange {
		return engine.AttributeChange{Attribute: attribute, Value: &value}
	}
	for _, tc := range []struct {
		changes []engine.AttributeChange
		asked   []engine.Asked
		want    string
	}{
		{nil, nil, `W000007: 1 action planned, 1 possible, 1 done before, 3 access profiles, 1 entitlement, 1 revoke`},
		{[]engine.AttributeChange{set("department", `"Sales"`)}, nil, `W000007: what if department=Sales: gains 5 (1 possible), loses 1; 1 action planned, 1 possible, 1 done before, 3 access profiles, 1 entitlement, 1 revoke`},
		{[]engine.AttributeChange{set("a", `""`), set("b", `[1]`), {Attribute: "c"}, set("d", "1"), set("e", "2")}, nil, `W000007: what if a="", b=[1], no c, 2 more changes: gains`},
		{[]engine.AttributeChange{set("a", `"`+strings.Repeat("x", 90)+`"`)}, []engine.Asked{{Name: "N", Gets: 1}}, `W000007: what if a=` + strings.Repeat("x", 37) + `...: gains 5 (1 possible), loses 1; gets N`},
		{nil, []engine.Asked{{Name: "A", Gets: 2}, {Name: "B", Gets: 1, Missed: 1, Done: 1}, {Name: "C", Possible: 1, Missed: 1}, {Name: "D", Done: 1}, {Name: "E", Missed: 1}},
			`W000007: gets A; gets B (1 of 3); perhaps gets C; got D before; does not get E`},
	} {
		in := sampleExplanation(same)
		in.Explanation.Changes, in.Explanation.Asked = tc.changes, tc.asked
		require.Contains(t, NewExplanation(in).Verdict.Sentence, tc.want)
	}
}

// The nearest groups come first, and what is left out is counted.
func TestExplanationIsShort(t *testing.T) {
	in := sampleExplanation(same)
	e := in.Explanation
	one := e.Missed[0]
	e.Missed = nil
	for range 30 {
		e.Missed = append(e.Missed, one)
	}
	e.MissedTotal, e.MissedListed = 90, 90
	var out bytes.Buffer
	require.NoError(t, WriteExplanationTerminal(&out, NewExplanation(in), TerminalOptions{Width: 200}))
	require.Equal(t, shownMissed, strings.Count(out.String(), "would get it if"))
	require.Contains(t, out.String(), "DOES NOT GET (24 of 90 shown)")
	require.Contains(t, out.String(), "  66 more would need other changes, or no change gives them; --json lists all, --get NAME asks for one\n")
	e.MissedListed = 50
	out.Reset()
	require.NoError(t, WriteExplanationTerminal(&out, NewExplanation(in), TerminalOptions{Width: 200}))
	require.Contains(t, out.String(), "--json lists 50, ")
}
